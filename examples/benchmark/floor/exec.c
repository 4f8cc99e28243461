// The floor of an exec: a further process in the container whose first process is PID, in its control groups and
// namespaces. An intermediate joins the namespaces, its clone is the process, as Cofferdam does it: what joins must not
// yet be visible inside.
//
//   exec PID [COUNT [AT-ONCE]]
//
// See measure.h for the rest.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "groups.h"
#include "measure.h"

static int container;
static int devNull;
// The command's pid, from the intermediate.
static volatile pid_t* command;

enum { kNamespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP };

static _Noreturn void becomeIntermediate(int pidfd, const int* files, int count) {
  for (int i = 0; i < count; i++) check((int)write(files[i], "0", 1), "joining a control group");
  check(setns(pidfd, kNamespaces), "setns");
  pid_t pid = cloneProcess(CLONE_PARENT, -1);
  if (pid == 0) becomeCommand(devNull, NULL);
  *command = pid;
  _exit(0);
}

static pid_t begin(unsigned index) {
  (void)index;
  int files[kMostGroups], unified;
  int count = openGroupsOf(container, files, &unified);
  int pidfd = check((int)syscall(__NR_pidfd_open, container, 0), "pidfd_open");
  pid_t pid = cloneProcess(0, unified);
  if (pid == 0) becomeIntermediate(pidfd, files, count);
  for (int i = 0; i < count; i++) close(files[i]);
  if (unified >= 0) close(unified);
  close(pidfd);
  int status;
  check(waitpid(pid, &status, 0), "waitpid");
  if (status != 0) fail("the intermediate process");
  return *command;
}

static void end(unsigned index) { (void)index; }

int main(int argumentCount, char** arguments) {
  if (argumentCount < 2) {
    fprintf(stderr, "usage: exec PID [COUNT [AT-ONCE]]\n");
    return 2;
  }
  container = atoi(arguments[1]);
  devNull = check(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
  command = mmap(NULL, sizeof *command, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (command == MAP_FAILED) fail("mmap");
  struct Subject subject = {begin, end};
  return measure(&subject, argumentCount - 2, arguments + 2);
}
