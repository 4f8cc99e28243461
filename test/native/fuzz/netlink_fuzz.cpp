// Replies of rtnetlink(7): an acknowledgement among them, and what the functions make of a socket that says anything.
#include "../../../native/sys/netlink.h"
#include "../../../native/sys/netlink_message.h"
#include "kernel.h"

using namespace cofferdam::sys;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parseAcknowledgement(data, size, 1);
  static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  fuzz::setAnswers(data, size);
  if (setjmp(fuzz::theEnd) == 0) {
    linkIndex(3, "eth0");
    linkHasAddress(3, "eth0", mac);
    bridgeCreate(3, "bridge", 0, mac);
    MessageGaps gaps;
    gaps.link = "eth0";
    messageSend(3, data, size, gaps);
  }
  fuzz::unmapAll();
  return 0;
}
