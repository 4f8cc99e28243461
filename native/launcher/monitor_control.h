// The socket over which other programs talk to a monitor, see ControlMessage in layout.h.
#pragma once
#include "../program/layout.h"

namespace cofferdam {

class ControlSocket {
 public:
  // Listens at `control` in the working directory: a path, not an abstract name, which everybody in this network
  // namespace could connect to (CVE-2020-15257).
  int open();
  void close();

  // For poll(2): the socket itself, then the connections; -1 where there is none.
  static constexpr unsigned kDescriptors = 9;
  int descriptor(unsigned index) const { return descriptors_[index]; }

  // Something is to be read at `index`. True when it is a request, in `*message`.
  bool receive(unsigned index, ControlMessage* message);
  void answer(unsigned index, const ControlMessage& message, int64_t value, int descriptor = -1);

 private:
  void accept();

  int descriptors_[kDescriptors] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
};

}  // namespace cofferdam
