// The loop that both programs share: so many launches, so many of them at once, each timed.
#ifndef FLOOR_MEASURE_H
#define FLOOR_MEASURE_H

#include <sched.h>
#include <sys/types.h>

// What is measured. `begin` starts launch number `index` and gives its pid; `end` cleans up after its process has ended.
struct Subject {
  pid_t (*begin)(unsigned index);
  void (*end)(unsigned index);
};

// COUNT [AT-ONCE] from the command line, or lines of them from standard input until its end. For each a line of numbers,
// nanoseconds: the whole, then every launch from `begin` to the end of `end`.
int measure(const struct Subject* subject, int argumentCount, char** arguments);

// For the new process and for this one: says which step failed, with errno, and ends the process.
_Noreturn void fail(const char* step);
// `result` unless it is -1.
int check(int result, const char* step);

// clone3(2) with CLONE_CLEAR_SIGHAND and `flags`, into the v2 cgroup `group` unless it is -1.
pid_t cloneProcess(unsigned long long flags, int group);

// What every command gets before its exec: no keyring, groups, capabilities or terminal of ours. `command` is a path and
// arguments, /bin/true without one.
_Noreturn void becomeCommand(int devNull, char* const* command);

#endif
