// Namespaces and the two sides of a launch: codes 0x30 to 0x3f.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "report.h"

namespace cofferdam {
namespace {

// A mark passed between the host's and the child's side of `clone`.
struct Mark {
  uint64_t number;
};

// By clone3(2). The kernel writes `pidfd`. NOLINTNEXTLINE(readability-non-const-parameter)
long clonePlainly(Machine& machine, const Operation& operation, int* pidfd) {
  clone_args args = {};
  // CLONE_PARENT: the new process is Node's child, as this one is. exit_signal must then be 0; it is inherited.
  args.flags = operation.args[arg::Clone::flags] | CLONE_PARENT | CLONE_PIDFD;
  if (int cgroup = machine.slot(operation, arg::Clone::cgroup); cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(cgroup);
  }
  args.pidfd = reinterpret_cast<uint64_t>(pidfd);
  // Written before the child runs: should this process be killed before it has sent the pidfd, Node still finds it.
  if (machine.records) {
    args.flags |= CLONE_PARENT_SETTID;
    args.parent_tid = reinterpret_cast<uint64_t>(&machine.records->processPid);
  }
  return sys::raw(__NR_clone3, &args, sizeof args);
}

// By clone(2), whose flags a filter sees. It has one place for what CLONE_PIDFD and CLONE_PARENT_SETTID write. The number
// is Node's child's, and means nobody else before Node has heard of it.
long cloneFiltered(Machine& machine, const Operation& operation, int* pidfd) {
  uint64_t flags = operation.args[arg::Clone::flags] | CLONE_PARENT | (machine.records ? CLONE_PARENT_SETTID : 0);
  long pid = sys::raw(__NR_clone, flags, 0, machine.records ? &machine.records->processPid : nullptr, 0, 0);
  if (pid <= 0) return pid;
  long opened = sys::raw(__NR_pidfd_open, pid, 0);
  if (opened < 0) sys::raw(__NR_kill, pid, SIGKILL);
  *pidfd = static_cast<int>(opened);
  return opened < 0 ? opened : pid;
}

int clone(Machine& machine, const Operation& operation) {
  int ends[2];
  long result = sys::raw(__NR_socketpair, 1 /* AF_UNIX */, 5 /* SOCK_SEQPACKET */ | 02000000, 0, ends);
  if (result < 0) return static_cast<int>(result);

  int pidfd = -1;
  long pid = operation.args[arg::Clone::filtered] ? cloneFiltered(machine, operation, &pidfd)
                                                  : clonePlainly(machine, operation, &pidfd);
  if (pid < 0) {
    sys::close(ends[0]);
    sys::close(ends[1]);
    return static_cast<int>(pid);
  }
  if (pid == 0) {
    sys::close(ends[0]);
    // The janitor's socket is not for a process that will be a container's.
    sys::raw(__NR_dup3, kLifelineDescriptor, kJanitorDescriptor, 0);
    machine.peer = ends[1];
    machine.actor = Actor::Child;
    return 0;
  }
  sys::close(ends[1]);
  machine.peer = ends[0];
  machine.childPid = static_cast<int>(pid);
  machine.childPidfd = pidfd;
  if (machine.watched) report(kJanitorDescriptor, Message::Started, pid, 0, pidfd);
  return report(machine.launchSocket, Message::Started, pid, 0, pidfd);
}

int signal(Machine& machine, const Operation& operation) {
  Mark mark = {operation.args[arg::Signal::number]};
  return sys::sendMessage(machine.peer, &mark, sizeof mark);
}

// End of file: the other side is gone, which is its failure to tell.
int await(Machine& machine, const Operation& operation) {
  Mark mark = {};
  unsigned none = 0;
  long size = sys::receiveMessage(machine.peer, &mark, sizeof mark, nullptr, &none);
  if (size < 0) return static_cast<int>(size);
  if (size == 0) return -ECANCELED;
  return mark.number == operation.args[arg::Await::number] ? 0 : -EBADMSG;
}

int openNamespace(Machine& machine, const Operation& operation) {
  using A = arg::OpenNamespace;
  if (machine.childPid < 0) return -ESRCH;
  text::Builder<128> path;
  path.add("/proc/").add(static_cast<uint64_t>(machine.childPid)).add("/ns/");
  path.add(machine.program.string(operation, A::name));
  if (path.full()) return -ENAMETOOLONG;
  return machine.keep(operation, A::into, sys::openBelow(sys::kWorkingDirectory, path.text(), O_RDONLY));
}

int receive(Machine& machine, const Operation& operation) {
  using A = arg::Receive;
  uint64_t first = Program::slot(operation, A::into);
  uint64_t last = first + operation.args[A::count];
  if (first == kNoSlot || last > machine.program.header().slots) return -EBADMSG;
  while (first < last) {
    int descriptors[sys::kMostDescriptors];
    unsigned count = sys::kMostDescriptors;
    MessageHeader header;
    long size = sys::receiveMessage(machine.launchSocket, &header, sizeof header, descriptors, &count);
    if (size < 0) return static_cast<int>(size);
    if (count == 0 || count > last - first) return -EBADMSG;
    for (unsigned i = 0; i < count; i++) machine.slots[first++] = descriptors[i];
  }
  return 0;
}

// A network namespace is taken from the launcher's store where there is one, which is as new as one that is made now.
int unshare(Machine& machine, const Operation& operation) {
  uint64_t flags = operation.args[arg::Unshare::flags];
  if (flags & CLONE_NEWNET && machine.spareNetwork >= 0) {
    if (sys::raw(__NR_setns, machine.spareNetwork, CLONE_NEWNET) == 0) flags &= ~uint64_t{CLONE_NEWNET};
    sys::close(machine.spareNetwork);
    machine.spareNetwork = -1;
  }
  return flags ? static_cast<int>(sys::raw(__NR_unshare, flags)) : 0;
}

}  // namespace

int runProcessOperation(Machine& machine, const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::Unshare:
      return unshare(machine, operation);
    case Code::Setns:
      return static_cast<int>(
          sys::raw(__NR_setns, machine.slot(operation, arg::Setns::descriptor), operation.args[arg::Setns::flags]));
    case Code::Clone:
      return clone(machine, operation);
    case Code::IdMaps:
      return runUserNamespaceOperation(machine, operation);
    case Code::Signal:
      return signal(machine, operation);
    case Code::Await:
      return await(machine, operation);
    case Code::OpenNamespace:
      return openNamespace(machine, operation);
    case Code::Receive:
      return receive(machine, operation);
    case Code::Send:
      return report(machine.launchSocket, Message::Descriptor, static_cast<int64_t>(operation.args[arg::Send::tag]), 0,
                    machine.slot(operation, arg::Send::descriptor));
    case Code::Rendezvous:  // the interpreter's own: it changes the program
    default:
      return -ENOSYS;
  }
}

}  // namespace cofferdam
