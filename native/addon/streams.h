// The ends of a launch's pipes that the reaper serves: output that is collected, input that is fed.
#pragma once
#include <stdint.h>

#include <vector>

#include "byte_buffer.h"
#include "unique_fd.h"

namespace cofferdam {

// Standard output or standard error with stdio 'collect'.
class Collector {
 public:
  // Keeps at most `maximum` bytes.
  void open(UniqueFd pipe, size_t maximum) { pipe_ = std::move(pipe), maximum_ = maximum, collected_ = true; }
  int descriptor() const { return pipe_.get(); }
  bool isOpen() const { return static_cast<bool>(pipe_); }
  bool collected() const { return collected_; }
  bool exceeded() const { return exceeded_; }

  // Takes what the pipe holds, at most `rounds` times 64 KiB. False when there is nothing more to expect: at end of
  // file, and when the limit is exceeded.
  bool read(unsigned rounds);
  void close() { pipe_.reset(); }
  ByteBuffer take() { return std::move(bytes_); }

 private:
  UniqueFd pipe_;
  ByteBuffer bytes_;
  size_t maximum_ = 0;
  bool collected_ = false;
  bool exceeded_ = false;
};

// Standard input with `input`.
class Feeder {
 public:
  void open(UniqueFd pipe, std::vector<uint8_t> bytes) { pipe_ = std::move(pipe), bytes_ = std::move(bytes); }
  int descriptor() const { return pipe_.get(); }
  bool isOpen() const { return static_cast<bool>(pipe_); }

  // Writes what the pipe takes. False after the last byte, and when nobody reads any more.
  bool write();
  void close() { pipe_.reset(), bytes_ = {}; }

 private:
  UniqueFd pipe_;
  std::vector<uint8_t> bytes_;
  size_t written_ = 0;
};

// O_NONBLOCK on this process's end of a pipe; the other end keeps what it has.
void makeNonBlocking(int descriptor);

}  // namespace cofferdam
