#include "../../native/sys/netlink.h"

#include <linux/netlink.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "check.h"

using cofferdam::sys::parseAcknowledgement;

namespace {

std::vector<uint8_t> reply(uint16_t type, uint32_t sequence, int32_t error, uint32_t length = 20) {
  std::vector<uint8_t> bytes(NLMSG_ALIGN(20));
  nlmsghdr header = {length, type, 0, sequence, 0};
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, &error, sizeof error);
  return bytes;
}

int parse(const std::vector<uint8_t>& bytes) { return parseAcknowledgement(bytes.data(), bytes.size(), 1); }

}  // namespace

TEST("acknowledgements: success, errors, other requests' replies") {
  CHECK(parse(reply(NLMSG_ERROR, 1, 0)) == 0);
  CHECK(parse(reply(NLMSG_ERROR, 1, -EEXIST)) == -EEXIST);
  CHECK(parse(reply(NLMSG_ERROR, 2, -EEXIST)) == 1);
  CHECK(parse(reply(NLMSG_DONE, 1, 0)) == 1);
  auto two = reply(NLMSG_ERROR, 7, -EPERM);
  auto second = reply(NLMSG_ERROR, 1, -EBUSY);
  two.insert(two.end(), second.begin(), second.end());
  CHECK(parse(two) == -EBUSY);
}

TEST("replies that lie about their length") {
  CHECK(parse(reply(NLMSG_ERROR, 1, 0, 0)) == -EBADMSG);
  CHECK(parse(reply(NLMSG_ERROR, 1, 0, 16)) == -EBADMSG);
  CHECK(parse(reply(NLMSG_ERROR, 1, 0, 4000)) == -EBADMSG);
  CHECK(parse(reply(NLMSG_ERROR, 1, 5)) == -EBADMSG);
  CHECK(parse({}) == 1);
  CHECK(parse({1, 2, 3}) == 1);
}
