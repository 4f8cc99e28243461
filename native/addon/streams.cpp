#include "streams.h"

#include <errno.h>
#include <fcntl.h>

#include "../sys/syscall.h"

namespace cofferdam {

bool Collector::read(unsigned rounds) {
  uint8_t chunk[64 * 1024];  // what a pipe holds
  for (; rounds > 0; rounds--) {
    long count = sys::retry(__NR_read, pipe_.get(), chunk, sizeof chunk);
    if (count == -EAGAIN) return true;
    if (count <= 0) return false;
    size_t room = maximum_ - bytes_.size();
    exceeded_ = static_cast<size_t>(count) > room;
    bytes_.append(chunk, exceeded_ ? room : static_cast<size_t>(count));
    if (exceeded_) return false;
  }
  return true;
}

bool Feeder::write() {
  while (written_ < bytes_.size()) {
    // No SIGPIPE to fear: every thread of the addon blocks all signals. EPIPE is the reader's right.
    long count = sys::retry(__NR_write, pipe_.get(), bytes_.data() + written_, bytes_.size() - written_);
    if (count == -EAGAIN) return true;
    if (count < 0) return false;
    written_ += static_cast<size_t>(count);
  }
  return false;
}

void makeNonBlocking(int descriptor) {
  long flags = sys::raw(__NR_fcntl, descriptor, F_GETFL, 0);
  sys::raw(__NR_fcntl, descriptor, F_SETFL, flags | O_NONBLOCK);
}

}  // namespace cofferdam
