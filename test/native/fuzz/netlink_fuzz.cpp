#include "../../../native/sys/netlink.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cofferdam::sys::parseAcknowledgement(data, size, 1);
  return 0;
}
