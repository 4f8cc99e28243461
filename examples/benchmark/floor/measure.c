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

pid_t cloneProcess(unsigned long long flags) {
  struct clone_args args = {.flags = flags | CLONE_CLEAR_SIGHAND, .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD};
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

// Waits for any of them to end, and gives its place.
static struct Running* waitForOne(struct Running* running, unsigned atOnce) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) fail("waitpid");
    for (unsigned i = 0; i < atOnce; i++) {
      if (running[i].pid != pid) continue;
      if (status == 0) return &running[i];
      errno = ECHILD;
      fail("the launched process");
    }
  }
}

static void measureSome(const struct Subject* subject, unsigned count, unsigned atOnce, long long* samples) {
  static unsigned index;
  struct Running running[kMostAtOnce] = {0};
  unsigned begun = 0, done = 0;
  long long start = now();
  while (done < count) {
    for (unsigned i = 0; i < atOnce && begun < count; i++) {
      if (running[i].pid) continue;
      running[i].begun = now();
      running[i].index = index++;
      running[i].pid = subject->begin(running[i].index);
      begun++;
    }
    struct Running* ended = waitForOne(running, atOnce);
    subject->end(ended->index);
    samples[done++] = now() - ended->begun;
    ended->pid = 0;
  }
  printf("%lld", now() - start);
  for (unsigned i = 0; i < count; i++) printf(" %lld", samples[i]);
  printf("\n");
  fflush(stdout);
}

int measure(const struct Subject* subject, int argumentCount, char** arguments) {
  static long long samples[kMostCount];
  if (argumentCount > 0) {
    unsigned atOnce = argumentCount > 1 ? (unsigned)atoi(arguments[1]) : 1;
    unsigned count = (unsigned)atoi(arguments[0]);
    if (count < 1 || count > kMostCount || atOnce < 1 || atOnce > kMostAtOnce) return 2;
    measureSome(subject, count, atOnce, samples);
    return 0;
  }
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    unsigned count, atOnce;
    if (sscanf(line, "%u %u", &count, &atOnce) != 2 || count < 1 || count > kMostCount || atOnce < 1 ||
        atOnce > kMostAtOnce)
      return 2;
    measureSome(subject, count, atOnce, samples);
  }
  return 0;
}
