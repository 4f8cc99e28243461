// What a detached container writes, on its way into files.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace cofferdam {

class Log {
 public:
  // Output goes to `path`; from `size` bytes on another file is begun, of which there are at most `files`: the older ones
  // are path.1, path.2 ... 0, or -errno.
  int open(const char* path, uint64_t size, uint64_t files);
  bool isOpen() const { return file_ >= 0; }

  // A pipe for stream 1 or 2. The end for the container, or -errno. What writes to it has its reading end as well, so
  // that it does not die with the monitor.
  int makePipe(unsigned stream);
  // The master of the container's terminal, whose output counts as stream 1.
  void setTerminal(int master);
  int terminal() const { return inputs_[2]; }
  int input(unsigned index) const { return inputs_[index]; }  // 0 to 2, -1: none

  // Takes what there is; false when the other end is closed for good.
  bool take(unsigned index);
  // Takes all that is left, and closes the inputs.
  void finish();
  uint64_t lost() const { return lost_; }

  static constexpr unsigned kInputs = 3;

 private:
  void append(uint32_t stream, size_t size);
  void rotate();
  void closeInput(unsigned index);

  uint64_t most_ = 0;
  uint64_t files_ = 0;
  uint64_t size_ = 0;
  uint64_t lost_ = 0;
  int file_ = -1;
  int inputs_[kInputs] = {-1, -1, -1};
};

}  // namespace cofferdam
