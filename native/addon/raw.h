// The raw calls of `cofferdam/native`. What they change belongs to a thread (unshare(2) and setns(2) act on the calling
// thread only) or to what threads share unless they say otherwise (chroot, working directory). So each chain of calls
// has a thread of its own, which first does unshare(CLONE_FS) and lives until it is closed: Node's threads, and those of
// libuv's pool, stay as they are.
//
//   name           arguments                                  result      acts on
//   unshare        flags                                      0           the thread (EINVAL for CLONE_NEWUSER: Node has
//                                                                         other threads)
//   setns          fd, flags (0: any kind)                    0           the thread
//   chroot         path                                       0           the thread's root directory
//   chdir          path                                       0           the thread's working directory
//   pivotRoot      new root, directory for the old one        0           the thread's mount namespace
//   mount          source, target, type, flags, data          0           the thread's mount namespace ('' is NULL)
//   umount         target, flags                              0           the thread's mount namespace
//   setHostname    name                                       0           the thread's UTS namespace
//   writeCgroup    file, text                                 0           the system: one write(2)
//   createVeth     name, peer, fd of the peer's network       0           the thread's network namespace; -1: both ends
//                  namespace, MTU (0: default)                            in it. `name` is set up
//   addAddress     interface, 4 or 16 bytes, prefix length    0           the thread's network namespace
//   setLinkUp      interface                                  0           the thread's network namespace
//   deleteLink     interface                                  0           the thread's network namespace
//   openNamespace  name: mnt, uts, ipc, net, pid, cgroup, …   descriptor  nothing; the caller closes it
//   netlinkDump    an rtnetlink request with NLM_F_DUMP       descriptor  nothing; of a file with the answers, see
//                                                                         netlink_dump.h; the caller closes it
//   netlinkMonitor groups of changes                          descriptor  nothing; the caller closes it
//   threadId       (none)                                     tid         nothing
#pragma once
#include <stdint.h>

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "failure.h"

namespace cofferdam {

class Dispatcher;
class RawThread;

using RawArgument = std::variant<int64_t, std::string, std::vector<uint8_t>>;
struct RawCall {
  std::string name;
  std::vector<RawArgument> arguments;
};

// Runs one on the calling thread. EINVAL for a wrong number or type of arguments, ENOSYS for an unknown name.
Result<int64_t> runRawCall(const RawCall& call);

// JavaScript thread only.
class RawThreads {
 public:
  explicit RawThreads(Dispatcher& dispatcher);
  ~RawThreads();

  // 0: a new thread. The promise is settled with the thread's number and the call's value.
  void call(uint32_t thread, RawCall call, uint32_t promise);
  // Ends the thread after the calls that it has.
  void close(uint32_t thread, uint32_t promise);
  void stop();

 private:
  void sweep();

  Dispatcher& dispatcher_;
  uint32_t last_ = 0;
  std::map<uint32_t, std::unique_ptr<RawThread>> threads_;
  std::vector<std::unique_ptr<RawThread>> closing_;
};

}  // namespace cofferdam
