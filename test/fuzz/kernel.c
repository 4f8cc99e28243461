// Filters from standard input, each loaded into a child that then makes some system calls: what the kernel says of both.
// The calls must be ones that take no arguments and change nothing.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 16, INSTRUCTIONS = 4096 };
// What a call came to when it ended the process.
static const int64_t killed = INT64_MIN;

struct request {
  uint32_t instructions, calls;
};

struct answer {
  int64_t loaded;  // 0, or -errno
  int64_t results[CALLS];
};

static struct sock_filter filter[INSTRUCTIONS];
static uint64_t calls[CALLS][7];

static int take(void* to, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t count = read(STDIN_FILENO, (char*)to + done, size - done);
    if (count <= 0) return 0;
    done += count;
  }
  return 1;
}

static int64_t call(const uint64_t* words) {
  errno = 0;
  long result = syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
  return errno ? -errno : result;
}

// It may not be able to tell anything once the filter is there, nor to exit: memory is shared, and a trap ends it.
static void child(struct request request, uint32_t from, struct answer* answer, uint32_t* next) {
  struct sock_fprog program = {.len = request.instructions, .filter = filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
    answer->loaded = -errno;
    _exit(0);
  }
  for (*next = from; *next < request.calls; ++*next) answer->results[*next] = call(calls[*next]);
  __builtin_trap();
}

int main(void) {
  struct answer* answer =
      mmap(NULL, sizeof *answer + sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  uint32_t* next = (uint32_t*)(answer + 1);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core of each
  struct request request;
  while (take(&request, sizeof request)) {
    if (request.instructions > INSTRUCTIONS || request.calls > CALLS) return 2;
    if (!take(filter, request.instructions * sizeof *filter) || !take(calls, request.calls * sizeof *calls)) return 2;
    answer->loaded = 0;
    for (uint32_t from = 0; from <= request.calls; from = *next + 1) {
      *next = request.calls;
      pid_t pid = fork();
      if (pid == 0) child(request, from, answer, next);
      if (pid < 0 || waitpid(pid, NULL, 0) != pid) return 1;
      if (answer->loaded) break;
      if (*next < request.calls) answer->results[*next] = killed;
    }
    if (write(STDOUT_FILENO, answer, sizeof *answer) != sizeof *answer) return 1;
  }
  return 0;
}
