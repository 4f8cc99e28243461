// The launches of an environment by their ids, and the undo programs of those that have ended and were told to keep it.
#pragma once
#include <stdint.h>

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "launch.h"

namespace cofferdam {

class Registry {
 public:
  std::shared_ptr<Launch> create() {
    std::lock_guard lock(mutex_);
    auto launch = std::make_shared<Launch>(++last_);
    launches_.emplace(launch->id, launch);
    return launch;
  }
  // An id that no launch has.
  uint32_t newId() {
    std::lock_guard lock(mutex_);
    return ++last_;
  }
  std::shared_ptr<Launch> find(uint32_t id) {
    std::lock_guard lock(mutex_);
    auto found = launches_.find(id);
    return found == launches_.end() ? nullptr : found->second;
  }
  void remove(uint32_t id) {
    std::lock_guard lock(mutex_);
    launches_.erase(id);
  }
  std::vector<std::shared_ptr<Launch>> all() {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Launch>> list;
    list.reserve(launches_.size());
    for (auto& [id, launch] : launches_) list.push_back(launch);
    return list;
  }
  bool hasOne() {
    std::lock_guard lock(mutex_);
    return launches_.size() == 1;
  }
  bool empty() {
    std::lock_guard lock(mutex_);
    return launches_.empty();
  }

  void keep(uint32_t id, Undo undo) {
    std::lock_guard lock(mutex_);
    kept_.emplace(id, std::move(undo));
  }
  std::optional<Undo> takeKept(uint32_t id) {
    std::lock_guard lock(mutex_);
    auto node = kept_.extract(id);
    if (node.empty()) return std::nullopt;
    return std::move(node.mapped());
  }

 private:
  std::mutex mutex_;
  uint32_t last_ = 0;
  std::unordered_map<uint32_t, std::shared_ptr<Launch>> launches_;
  std::unordered_map<uint32_t, Undo> kept_;
};

}  // namespace cofferdam
