#include "executable.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

#include <vector>

#include "../sys/syscall.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

// The built launcher, put there by scripts/embed.js.
extern "C" {
extern const uint8_t cofferdam_launcher_begin[] __attribute__((visibility("hidden")));
extern const uint8_t cofferdam_launcher_end[] __attribute__((visibility("hidden")));
}

namespace cofferdam {
namespace {

constexpr const char* kPackagedName = "cofferdam-launcher";

size_t embeddedSize() { return static_cast<size_t>(cofferdam_launcher_end - cofferdam_launcher_begin); }

Result<UniqueFd> sealedMemfd() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  long created = sys::raw(__NR_memfd_create, "cofferdam", flags | MFD_EXEC);
  // Before Linux 6.3 the flag is unknown and every memfd is executable.
  if (created == -EINVAL) created = sys::raw(__NR_memfd_create, "cofferdam", flags);
  Result<UniqueFd> memfd = descriptor(created, "memfd_create");
  if (!memfd) return memfd;
  for (size_t written = 0; written < embeddedSize();) {
    long count = sys::retry(__NR_write, memfd->get(), cofferdam_launcher_begin + written, embeddedSize() - written);
    if (count < 0) return Failure{static_cast<int>(-count), "write", "memfd:cofferdam"};
    written += static_cast<size_t>(count);
  }
  constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  long sealed = sys::raw(__NR_fcntl, memfd->get(), F_ADD_SEALS, seals);
  if (sealed < 0) return Failure{static_cast<int>(-sealed), "fcntl", "memfd:cofferdam"};
  return memfd;
}

// The directory of the object that this code is in. (dladdr(3) moved to another library in glibc 2.34.)
std::string ownDirectory() {
  std::string path;
  dl_iterate_phdr(
      [](dl_phdr_info* object, size_t, void* found) {
        auto address = reinterpret_cast<uintptr_t>(cofferdam_launcher_begin);
        for (int i = 0; i < object->dlpi_phnum; i++) {
          uintptr_t start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
          if (object->dlpi_phdr[i].p_type != PT_LOAD || address < start) continue;
          if (address - start < object->dlpi_phdr[i].p_memsz) *static_cast<std::string*>(found) = object->dlpi_name;
        }
        return 0;
      },
      &path);
  return path.substr(0, path.rfind('/') + 1);
}

// A launcher of another version would misread every request.
bool sameBytes(int file) {
  struct stat status {};
  if (sys::raw(__NR_fstat, file, &status) < 0 || static_cast<size_t>(status.st_size) != embeddedSize()) return false;
  std::vector<uint8_t> bytes(embeddedSize());
  for (size_t done = 0; done < bytes.size();) {
    long count = sys::retry(__NR_pread64, file, bytes.data() + done, bytes.size() - done, done);
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return memcmp(bytes.data(), cofferdam_launcher_begin, bytes.size()) == 0;
}

}  // namespace

Result<Executable> openPackagedExecutable() {
  std::string path = ownDirectory() + kPackagedName;
  Result<UniqueFd> file = descriptor(sys::raw(__NR_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC), "open", path);
  if (!file) return file.failure();
  if (!sameBytes(file->get())) return Failure{ESTALE, "open", path};
  constexpr unsigned cloned = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  Result<UniqueFd> mount = descriptor(sys::raw(__NR_open_tree, file->get(), "", cloned), "open_tree", path);
  if (!mount) return mount.failure();
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  long set = sys::raw(__NR_mount_setattr, mount->get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  if (set < 0) return Failure{static_cast<int>(-set), "mount_setattr", path};
  return Executable{std::move(*mount), ExecutableSource::File};
}

Result<Executable> openExecutable() {
  Result<UniqueFd> memfd = sealedMemfd();
  if (memfd) return Executable{std::move(*memfd), ExecutableSource::Memfd};
  if (memfd.failure().error == EACCES) return openPackagedExecutable();
  return memfd.failure();
}

}  // namespace cofferdam
