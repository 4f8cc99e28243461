#include "bpf.h"

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "path.h"
#include "syscall.h"
#include "text.h"

namespace cofferdam::sys {
namespace {

constexpr unsigned kMostAttached = 64;  // BPF_CGROUP_MAX_PROGS

// What a command does not use must be zero, padding included.
struct Attributes {
  bpf_attr values;
  Attributes() { text::zero(&values, sizeof values); }
  bpf_attr* operator->() { return &values; }
};

int bpf(int command, Attributes& attributes) {
  return static_cast<int>(raw(__NR_bpf, command, &attributes.values, sizeof attributes.values));
}

int load(const uint8_t* instructions, size_t size) {
  static const char license[] = "MIT";
  Attributes attributes;
  attributes->prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes->insns = reinterpret_cast<uint64_t>(instructions);
  attributes->insn_cnt = static_cast<uint32_t>(size / sizeof(bpf_insn));
  attributes->license = reinterpret_cast<uint64_t>(license);
  return bpf(BPF_PROG_LOAD, attributes);
}

// Numbers of the programs that are attached to this very cgroup. Returns how many, or -errno.
int attached(int cgroup, uint32_t (&ids)[kMostAttached]) {
  Attributes attributes;
  attributes->query.target_fd = static_cast<uint32_t>(cgroup);
  attributes->query.attach_type = BPF_CGROUP_DEVICE;
  attributes->query.prog_ids = reinterpret_cast<uint64_t>(ids);
  attributes->query.prog_cnt = kMostAttached;
  int result = bpf(BPF_PROG_QUERY, attributes);
  return result < 0 ? result : static_cast<int>(attributes->query.prog_cnt);
}

int change(int command, int cgroup, int program, uint32_t flags) {
  Attributes attributes;
  attributes->target_fd = static_cast<uint32_t>(cgroup);
  attributes->attach_bpf_fd = static_cast<uint32_t>(program);
  attributes->attach_type = BPF_CGROUP_DEVICE;
  attributes->attach_flags = flags;
  return bpf(command, attributes);
}

int detach(int cgroup, uint32_t id) {
  Attributes attributes;
  attributes->prog_id = id;
  int program = bpf(BPF_PROG_GET_FD_BY_ID, attributes);
  if (program < 0) return program;
  int result = change(BPF_PROG_DETACH, cgroup, program, 0);
  close(program);
  return result;
}

// The new one first: in between both must allow, so that nothing is open for a moment that neither allows.
int replace(int cgroup, int program) {
  uint32_t before[kMostAttached];
  int count = attached(cgroup, before);
  if (count < 0) return count;
  int result = change(BPF_PROG_ATTACH, cgroup, program, BPF_F_ALLOW_MULTI);
  for (int i = 0; i < count && result == 0; i++) result = detach(cgroup, before[i]);
  return result;
}

}  // namespace

int attachDeviceProgram(const char* cgroup, const uint8_t* instructions, size_t size) {
  int directory = openBelow(kWorkingDirectory, cgroup, O_RDONLY | O_DIRECTORY);
  if (directory < 0) return directory;
  int program = load(instructions, size);
  int result = program < 0 ? program : replace(directory, program);
  if (program >= 0) close(program);
  close(directory);
  return result;
}

}  // namespace cofferdam::sys
