// A descriptor that is closed when its scope ends.
#pragma once
#include "../sys/syscall.h"

namespace cofferdam {

class Scoped {
 public:
  explicit Scoped(long descriptor) : descriptor_(static_cast<int>(descriptor)) {}
  ~Scoped() {
    if (descriptor_ >= 0) sys::close(descriptor_);
  }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace cofferdam
