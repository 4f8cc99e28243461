#include "kernel.h"

#include <asm/unistd.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../../../native/sys/syscall.h"

namespace fuzz {

std::jmp_buf theEnd;

namespace {

// Loops that wait for the kernel end here.
constexpr int kMostCalls = 2000;
constexpr size_t kMostMappings = 64;
constexpr size_t kLargestMapping = 1 << 22;

const uint8_t* answers;
size_t left;
int calls;
struct {
  void* address;
  size_t size;
} mappings[kMostMappings];
size_t mapped;

uint8_t next() {
  if (left == 0) return 0;
  left--;
  return *answers++;
}

// Some directory entries with names of the answers. Records are aligned, and their sizes are right: that much a kernel keeps.
long entries(long address, size_t size) {
  constexpr size_t kRecord = 32, kSizeAt = 16, kNameAt = 19;
  size_t written = 0;
  for (unsigned count = next() % 4; count > 0 && written + kRecord <= size; count--) {
    uint8_t record[kRecord] = {};
    record[kSizeAt] = kRecord;
    for (size_t at = kNameAt; at < kRecord - 1; at++) record[at] = next();
    std::memcpy(reinterpret_cast<uint8_t*>(address) + written, record, kRecord);
    written += kRecord;
  }
  return static_cast<long>(written);
}

// Up to `size` bytes of the answers; how many is theirs to say, too.
long fill(long address, size_t size) {
  size_t wanted = size_t{next()} * 4;
  size_t count = std::min({size, left, wanted});
  if (count > 0) std::memcpy(reinterpret_cast<void*>(address), answers, count);
  answers += count;
  left -= count;
  return static_cast<long>(count);
}

// A small number, as descriptors, pids and counts are, or an error.
long verdict() {
  uint8_t answer = next();
  return answer < 0x80 ? answer % 64 : -long{answer & 0x7f};
}

long map(size_t size) {
  if (mapped == kMostMappings || size > kLargestMapping) return -ENOMEM;
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return -errno;
  mappings[mapped++] = {address, size};
  return reinterpret_cast<long>(address);
}

// A structure that the kernel fills whole or not at all.
long structure(long address, size_t size) {
  if (long result = verdict(); result < 0) return result;
  if (address) {
    std::memset(reinterpret_cast<void*>(address), 0, size);
    fill(address, size);
  }
  return 0;
}

}  // namespace

void setAnswers(const uint8_t* bytes, size_t size) {
  answers = bytes;
  left = size;
  calls = 0;
}

void unmapAll() {
  while (mapped > 0) {
    mapped--;
    munmap(mappings[mapped].address, mappings[mapped].size);
  }
}

}  // namespace fuzz

// Memory is real, time stands still, and everything else is as the answers say.
long cofferdam::sys::raw6(long number, long a, long b, long c, long d, long e, long) {
  using namespace fuzz;
  if (++calls > kMostCalls) std::longjmp(theEnd, 1);
  switch (number) {
    case __NR_mmap:
      return map(static_cast<size_t>(b));
    case __NR_munmap:
      return 0;
    case __NR_clock_gettime:
      std::memset(reinterpret_cast<void*>(b), 0, 16);
      return 0;
    case __NR_exit:
    case __NR_exit_group:
      std::longjmp(theEnd, 1);
    case __NR_execve:
      if (long result = verdict(); result < 0) return result;
      std::longjmp(theEnd, 1);
    case __NR_read:
    case __NR_pread64:
    case __NR_recvfrom:
    case __NR_flistxattr:
      return fill(b, static_cast<size_t>(c));
    case __NR_getdents64:
      return entries(b, static_cast<size_t>(c));
    case __NR_readlinkat:
      return fill(c, static_cast<size_t>(d));
    case __NR_fgetxattr:
      return fill(c, static_cast<size_t>(d));
    case __NR_getcwd:
      return fill(a, static_cast<size_t>(b));
    case __NR_statx:
      return structure(e, 256);
    case __NR_fstatfs:
      return structure(b, 120);
    case __NR_prlimit64:
      return structure(d, 16);
    case __NR_write:
      return verdict() < 0 ? -EIO : c;
    default:
      return verdict();
  }
}
