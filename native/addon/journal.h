// The undo journal of one Node environment, see layout.h. Node fills a slot before the launch that makes something
// lasting is requested and frees it when that has been undone; between the two, the janitor (or `recover`, when the
// janitor died too) undoes it in Node's stead.
#pragma once
#include <stdint.h>

#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "failure.h"

namespace cofferdam {

class Journal {
 public:
  // `path` must not exist. It appears there with the first record, its header complete, so that nobody ever reads half of
  // one; until then it is `path`.new, and takes no room.
  static Result<std::unique_ptr<Journal>> create(const std::string& path);
  ~Journal();

  // Records a program; the answer names it. ENOSPC when the journal is full.
  Result<uint32_t> write(std::span<const uint8_t> program);
  // What the program undoes is undone.
  void free(uint32_t slot);
  // Its undo failed: it stays on record for the janitor, until the journal runs out of space.
  void abandon(uint32_t slot);

  // An open file description of its own: the janitor's flock(2) must end with the janitor.
  Result<UniqueFd> reopen() const;

 private:
  Journal(const std::string& path, UniqueFd file, uint8_t* memory)
      : path_(path), draft_(path + ".new"), file_(std::move(file)), memory_(memory) {}
  Done takeName();
  uint32_t find(uint32_t count);
  Done reserve(uint32_t end);
  void release(uint32_t slot);

  const std::string path_;
  std::string draft_;  // empty once it has its name; guarded by mutex_
  UniqueFd file_;
  uint8_t* const memory_;
  std::mutex mutex_;
  std::vector<bool> used_;          // by slot; guarded by mutex_, as all below
  uint32_t lowest_ = 1;             // no slot below this one is free
  uint32_t reserved_ = 1;           // slots below this one have memory behind them
  std::deque<uint32_t> abandoned_;  // oldest first
};

}  // namespace cofferdam
