#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kMostAtOnce = 64, kMostCount = 100000 };

void fail(const char* step) {
  char text[256];
  int size = snprintf(text, sizeof text, "floor: %s: %s\n", step, strerror(errno));
  if (write(2, text, (size_t)size) < 0) _exit(2);
  _exit(1);
}

int check(int result, const char* step) {
  if (result == -1) fail(step);
  return result;
}

pid_t cloneProcess(unsigned long long flags, int group) {
  struct clone_args args = {.flags = flags | CLONE_CLEAR_SIGHAND | (group < 0 ? 0 : CLONE_INTO_CGROUP),
                            .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
                            .cgroup = group < 0 ? 0 : (unsigned long long)group};
  return check((int)syscall(__NR_clone3, &args, sizeof args), "clone3");
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

struct Running {
  pid_t pid;
  unsigned index;
  long long begun;
};

// Waits for any of them to end, and gives its place; what went wrong with it has been said by itself.
static struct Running* waitForOne(struct Running* running, unsigned atOnce, int* failed) {
  for (;;) {
    int status;
    pid_t pid = check(waitpid(-1, &status, __WALL), "waitpid");
    for (unsigned i = 0; i < atOnce; i++) {
      if (running[i].pid != pid) continue;
      if (status != 0) *failed = 1;
      return &running[i];
    }
  }
}

// After a failure those that run are waited for and cleaned up, and no more are begun. Gives 0 then.
static int measureSome(const struct Subject* subject, unsigned count, unsigned atOnce, long long* samples) {
  static unsigned index;
  struct Running running[kMostAtOnce] = {0};
  unsigned begun = 0, done = 0;
  int failed = 0;
  long long start = now();
  while (done < begun || (begun < count && !failed)) {
    for (unsigned i = 0; i < atOnce && begun < count && !failed; i++) {
      if (running[i].pid) continue;
      running[i].begun = now();
      running[i].index = index++;
      running[i].pid = subject->begin(running[i].index);
      begun++;
    }
    struct Running* ended = waitForOne(running, atOnce, &failed);
    subject->end(ended->index);
    samples[done++] = now() - ended->begun;
    ended->pid = 0;
  }
  if (failed) return 0;
  printf("%lld", now() - start);
  for (unsigned i = 0; i < count; i++) printf(" %lld", samples[i]);
  printf("\n");
  fflush(stdout);
  return 1;
}

int measure(const struct Subject* subject, int argumentCount, char** arguments) {
  static long long samples[kMostCount];
  char line[64] = "";
  int fromLines = argumentCount == 0;
  if (!fromLines) snprintf(line, sizeof line, "%s %s", arguments[0], argumentCount > 1 ? arguments[1] : "1");
  while (!fromLines || fgets(line, sizeof line, stdin)) {
    unsigned count, atOnce;
    if (sscanf(line, "%u %u", &count, &atOnce) != 2 || count < 1 || count > kMostCount || atOnce < 1 ||
        atOnce > kMostAtOnce) {
      fprintf(stderr, "floor: not COUNT and AT-ONCE: %s\n", line);
      return 2;
    }
    if (!measureSome(subject, count, atOnce, samples)) return 1;
    if (!fromLines) break;
  }
  return 0;
}
