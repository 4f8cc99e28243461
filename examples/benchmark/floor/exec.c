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
#include <sys/syscall.h>
#include <unistd.h>

#include "groups.h"
#include "measure.h"

static int container;
static int devNull;

enum { kNamespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP };

static _Noreturn void becomeIntermediate(int report) {
  int files[kMostGroups];
  int count = openGroupsOf(container, files);
  int pidfd = check((int)syscall(__NR_pidfd_open, container, 0), "pidfd_open");
  check(setns(pidfd, kNamespaces), "setns");
  pid_t pid = cloneProcess(CLONE_PARENT);
  if (pid == 0) {
    for (int i = 0; i < count; i++) check((int)write(files[i], "0", 1), "joining a control group");
    becomeCommand(devNull);
  }
  (void)report;
  _exit(0);
}
