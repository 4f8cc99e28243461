// /etc/passwd and /etc/group of a hostile image.
#include <algorithm>
#include <string>

#include "../../../native/launcher/account.h"

using namespace cofferdam;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::string name = text.substr(0, std::min<size_t>(text.find('\n'), 40));
  name.erase(std::find(name.begin(), name.end(), '\0'), name.end());
  Account account;
  findUser(text.data(), text.size(), name.c_str(), &account);
  uint32_t ids[4] = {};
  findGroup(text.data(), text.size(), name.c_str(), ids);
  memberGroups(text.data(), text.size(), name.c_str(), ids, 1, 4);
  return 0;
}
