// What a shell pays for a command that starts a container: fork, exec, wait, and nothing of Node's. The process is made by
// posix_spawn(3), which is as cheap as the C library has it.
//
//   shell ID COMMAND ARG...
//
// An argument `@` becomes ID-0, ID-1 …: each container's own name. See measure.h for the rest; batches come by lines.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

static const char* prefix;
static char** command;
static posix_spawn_file_actions_t silent;

static pid_t begin(unsigned index) {
  char id[256];
  char* words[64] = {0};
  snprintf(id, sizeof id, "%s-%u", prefix, index);
  for (unsigned i = 0; command[i] && i < 63; i++) words[i] = strcmp(command[i], "@") == 0 ? id : command[i];
  pid_t pid;
  errno = posix_spawnp(&pid, words[0], &silent, NULL, words, environ);
  if (errno) fail(words[0]);
  return pid;
}

static void end(unsigned index) { (void)index; }

int main(int argumentCount, char** arguments) {
  if (argumentCount < 3) {
    fprintf(stderr, "usage: shell ID COMMAND ARG...\n");
    return 2;
  }
  prefix = arguments[1];
  command = arguments + 2;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  struct Subject subject = {begin, end};
  return measure(&subject, 0, NULL);
}
