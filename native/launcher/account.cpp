#include "account.h"

#include "../sys/text.h"

namespace cofferdam {
namespace {

struct Field {
  const char* text;
  size_t size;
};

bool same(Field field, const char* text) {
  for (size_t i = 0; i < field.size; i++)
    if (text[i] == 0 || text[i] != field.text[i]) return false;
  return text[field.size] == 0;
}

bool copyField(Field field, char* to, size_t room) {
  if (field.size >= room) return false;
  text::copy(to, field.text, field.size);
  to[field.size] = 0;
  return true;
}

// Calls `visit(fields, count)` for each line until it returns true.
template <typename Visit>
bool forEachLine(const char* bytes, size_t size, Visit visit) {
  constexpr unsigned kFields = 7;
  for (size_t at = 0; at < size;) {
    size_t end = at;
    while (end < size && bytes[end] != '\n') end++;
    Field fields[kFields];
    unsigned count = 0;
    size_t start = at;
    for (size_t i = at; i <= end && count < kFields; i++) {
      if (i < end && bytes[i] != ':') continue;
      fields[count++] = {bytes + start, i - start};
      start = i + 1;
    }
    if (visit(fields, count)) return true;
    at = end + 1;
  }
  return false;
}

bool id(Field field, uint32_t* value) {
  uint64_t number;
  if (!text::number(field.text, field.size, kMostId, &number)) return false;
  *value = static_cast<uint32_t>(number);
  return true;
}

}  // namespace

bool findUser(const char* passwd, size_t size, const char* user, Account* account) {
  // Digits are a number, never a name that happens to be digits (CVE-2016-3697).
  uint64_t number = 0;
  bool numeric = text::number(user, text::length(user), kMostId, &number);
  return forEachLine(passwd, size, [&](const Field* fields, unsigned count) {
    uint32_t uid, gid;
    if (count < 6 || fields[0].size == 0 || !id(fields[2], &uid) || !id(fields[3], &gid)) return false;
    if (numeric ? uid != number : !same(fields[0], user)) return false;
    if (!copyField(fields[0], account->name, sizeof account->name)) return false;
    if (!copyField(fields[5], account->home, sizeof account->home)) account->home[0] = 0;
    account->uid = uid;
    account->gid = gid;
    return true;
  });
}

bool findGroup(const char* groups, size_t size, const char* group, uint32_t* gid) {
  return forEachLine(groups, size, [&](const Field* fields, unsigned count) {
    return count >= 3 && fields[0].size > 0 && same(fields[0], group) && id(fields[2], gid);
  });
}

unsigned memberGroups(const char* groups, size_t size, const char* user, uint32_t* ids, unsigned count, unsigned room) {
  forEachLine(groups, size, [&](const Field* fields, unsigned fieldCount) {
    uint32_t gid;
    if (fieldCount < 4 || !id(fields[2], &gid)) return false;
    Field members = fields[3];
    for (size_t start = 0, i = 0; i <= members.size; i++) {
      if (i < members.size && members.text[i] != ',') continue;
      if (i > start && same({members.text + start, i - start}, user) && count < room) {
        ids[count++] = gid;
        break;
      }
      start = i + 1;
    }
    return count >= room;
  });
  return count;
}

}  // namespace cofferdam
