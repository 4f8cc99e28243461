// bpf(2), as far as device programs of cgroups need it.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace cofferdam::sys {

// Loads a program of BPF_PROG_TYPE_CGROUP_DEVICE (struct bpf_insn, eight bytes each) and attaches it to a v2 cgroup in
// the place of what is attached to that very cgroup. Ends with the cgroup. Returns 0 or -errno.
int attachDeviceProgram(const char* cgroup, const uint8_t* instructions, size_t size);

}  // namespace cofferdam::sys
