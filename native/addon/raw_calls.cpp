#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../sys/netlink.h"
#include "../sys/syscall.h"
#include "netlink_dump.h"
#include "raw.h"

namespace cofferdam {
namespace {

class Arguments {
 public:
  explicit Arguments(const std::vector<RawArgument>& values) : values_(values) {}
  // 'n' a number, 's' a string, 'b' bytes, in order.
  bool match(const char* signature) const {
    if (strlen(signature) != values_.size()) return false;
    for (size_t i = 0; i < values_.size(); i++)
      if ("nsb"[values_[i].index()] != signature[i]) return false;
    return true;
  }
  int64_t number(size_t index) const { return std::get<int64_t>(values_[index]); }
  const char* text(size_t index) const { return std::get<std::string>(values_[index]).c_str(); }
  // For arguments that may be NULL.
  const char* textOrNull(size_t index) const { return *text(index) ? text(index) : nullptr; }
  size_t length(size_t index) const { return std::get<std::string>(values_[index]).size(); }
  const std::vector<uint8_t>& bytes(size_t index) const { return std::get<std::vector<uint8_t>>(values_[index]); }

 private:
  const std::vector<RawArgument>& values_;
};

using Answer = Result<int64_t>;

Answer answer(long result, const char* syscall, const char* path = "") {
  if (result < 0) return Failure{static_cast<int>(-result), syscall, path};
  return int64_t{result};
}

Answer unshare(const Arguments& a) { return answer(sys::raw(__NR_unshare, a.number(0)), "unshare"); }
Answer setns(const Arguments& a) { return answer(sys::raw(__NR_setns, a.number(0), a.number(1)), "setns"); }
Answer chroot(const Arguments& a) { return answer(sys::raw(__NR_chroot, a.text(0)), "chroot", a.text(0)); }
Answer chdir(const Arguments& a) { return answer(sys::raw(__NR_chdir, a.text(0)), "chdir", a.text(0)); }
Answer pivotRoot(const Arguments& a) {
  return answer(sys::raw(__NR_pivot_root, a.text(0), a.text(1)), "pivot_root", a.text(0));
}
Answer mount(const Arguments& a) {
  long result = sys::raw(__NR_mount, a.textOrNull(0), a.text(1), a.textOrNull(2), a.number(3), a.textOrNull(4));
  return answer(result, "mount", a.text(1));
}
Answer umount(const Arguments& a) {
  return answer(sys::raw(__NR_umount2, a.text(0), a.number(1)), "umount2", a.text(0));
}
Answer setHostname(const Arguments& a) {
  return answer(sys::raw(__NR_sethostname, a.text(0), a.length(0)), "sethostname", a.text(0));
}

Answer writeCgroup(const Arguments& a) {
  Result<UniqueFd> file =
      descriptor(sys::raw(__NR_openat, AT_FDCWD, a.text(0), O_WRONLY | O_CLOEXEC | O_NOCTTY), "open", a.text(0));
  if (!file) return file.failure();
  long written = sys::retry(__NR_write, file->get(), a.text(1), a.length(1));
  return written < 0 ? answer(written, "write", a.text(0)) : Answer(int64_t{0});
}

Answer openNamespace(const Arguments& a) {
  std::string path = std::string("/proc/thread-self/ns/") + a.text(0);
  if (strchr(a.text(0), '/')) return Failure{EINVAL, "open", path};
  return answer(sys::raw(__NR_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC), "open", path.c_str());
}

// The socket is opened for each call, in whatever network namespace the thread is in by then.
template <typename Act>
Answer withNetlink(const char* interface, Act act) {
  Result<UniqueFd> socket = descriptor(sys::netlinkOpen(), "socket");
  if (!socket) return socket.failure();
  return answer(act(socket->get()), "rtnetlink", interface);
}

Answer createVeth(const Arguments& a) {
  sys::VethOptions options{};
  options.name = a.text(0);
  options.peer = a.text(1);
  options.peerNamespace = static_cast<int>(a.number(2));
  options.mtu = static_cast<uint32_t>(a.number(3));
  return withNetlink(a.text(0), [&](int socket) { return sys::vethCreate(socket, options); });
}
Answer addAddress(const Arguments& a) {
  const std::vector<uint8_t>& address = a.bytes(1);
  if ((address.size() != 4 && address.size() != 16) || a.number(2) < 0 ||
      a.number(2) > static_cast<int64_t>(address.size() * 8))
    return Failure{EINVAL, "addAddress", a.text(0)};
  return withNetlink(a.text(0), [&](int socket) {
    return sys::addressAdd(socket, a.text(0), address.data(), static_cast<uint32_t>(address.size()),
                           static_cast<uint8_t>(a.number(2)));
  });
}
Answer setLinkUp(const Arguments& a) {
  return withNetlink(a.text(0), [&](int socket) { return sys::linkSetUp(socket, a.text(0)); });
}
Answer deleteLink(const Arguments& a) {
  return withNetlink(a.text(0), [&](int socket) { return sys::linkDelete(socket, a.text(0)); });
}
Answer handedOver(Result<UniqueFd> made) {
  if (!made) return made.failure();
  return int64_t{made->release()};
}
Answer dumpNetlink(const Arguments& a) { return handedOver(netlinkDump(a.bytes(0))); }
Answer monitorNetlink(const Arguments& a) { return handedOver(netlinkMonitor(static_cast<uint32_t>(a.number(0)))); }
Answer threadId(const Arguments&) { return answer(sys::raw(__NR_gettid), "gettid"); }

struct Row {
  const char* name;
  const char* signature;
  Answer (*run)(const Arguments&);
};
constexpr Row kCalls[] = {
    {"unshare", "n", unshare},
    {"setns", "nn", setns},
    {"chroot", "s", chroot},
    {"chdir", "s", chdir},
    {"pivotRoot", "ss", pivotRoot},
    {"mount", "sssns", mount},
    {"umount", "sn", umount},
    {"setHostname", "s", setHostname},
    {"writeCgroup", "ss", writeCgroup},
    {"createVeth", "ssnn", createVeth},
    {"addAddress", "sbn", addAddress},
    {"setLinkUp", "s", setLinkUp},
    {"deleteLink", "s", deleteLink},
    {"openNamespace", "s", openNamespace},
    {"netlinkDump", "b", dumpNetlink},
    {"netlinkMonitor", "n", monitorNetlink},
    {"threadId", "", threadId},
};

}  // namespace

Result<int64_t> runRawCall(const RawCall& call) {
  Arguments arguments(call.arguments);
  for (const Row& row : kCalls) {
    if (call.name != row.name) continue;
    if (!arguments.match(row.signature)) return Failure{EINVAL, row.name, {}};
    return row.run(arguments);
  }
  return Failure{ENOSYS, "raw", call.name};
}

}  // namespace cofferdam
