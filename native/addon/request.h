// A launch request (layout.h, "A launch request") on its way to the launcher.
#pragma once
#include <stdint.h>

#include <span>
#include <vector>

#include "failure.h"

namespace cofferdam {

struct Request {
  std::span<const uint8_t> message;  // the caller's memory, or `kept`
  std::vector<uint8_t> kept;
  std::vector<int> descriptors;  // in the order of the wire; owned by `owned` or by the caller
  std::vector<UniqueFd> owned;

  void add(int borrowed) { descriptors.push_back(borrowed); }
  void add(UniqueFd fd) {
    descriptors.push_back(fd.get());
    owned.push_back(std::move(fd));
  }

  // Makes the request independent of its caller's memory and descriptors, so that it can wait.
  Done keep();
};

}  // namespace cofferdam
