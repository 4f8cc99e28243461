#include "../../native/launcher/account.h"

#include <cstring>
#include <string>

#include "check.h"

using namespace cofferdam;

namespace {

bool find(const std::string& passwd, const char* user, Account* account) {
  return findUser(passwd.data(), passwd.size(), user, account);
}

const std::string kPasswd =
    "# a comment\n"
    "root:x:0:0:root:/root:/bin/sh\n"
    "broken\n"
    "1000:x:0:0:a name of digits:/evil:/bin/sh\n"
    "alice:x:1000:100::/home/alice:/bin/sh\n"
    "huge:x:4294967296:0::/:/bin/sh\n"
    "last:x:7:8::/last:";
const std::string kGroups = "root:x:0:\nalice:x:1000:\naudio:x:29:bob,alice\nvideo:x:44:alice\nmore:x:5:malice";

}  // namespace

TEST("users by name and by number") {
  Account account;
  CHECK(find(kPasswd, "alice", &account));
  CHECK(account.uid == 1000 && account.gid == 100);
  CHECK(std::string(account.home) == "/home/alice");
  CHECK(find(kPasswd, "last", &account) && account.uid == 7);
  CHECK(!find(kPasswd, "nobody", &account));
  CHECK(!find(kPasswd, "ali", &account));
  CHECK(!find("", "root", &account));
}

TEST("digits are a number, never a name (CVE-2016-3697)") {
  Account account;
  CHECK(find(kPasswd, "1000", &account));
  CHECK(std::string(account.name) == "alice");
}

TEST("an id beyond 32 bits is no id") {
  Account account;
  CHECK(!find(kPasswd, "huge", &account));
}

TEST("groups by name, and those of a member") {
  uint32_t gid = 0;
  CHECK(findGroup(kGroups.data(), kGroups.size(), "audio", &gid) && gid == 29);
  CHECK(!findGroup(kGroups.data(), kGroups.size(), "none", &gid));
  uint32_t ids[4] = {1};
  CHECK(memberGroups(kGroups.data(), kGroups.size(), "alice", ids, 1, 4) == 3);
  CHECK(ids[1] == 29 && ids[2] == 44);
  CHECK(memberGroups(kGroups.data(), kGroups.size(), "alice", ids, 1, 2) == 2);
}
