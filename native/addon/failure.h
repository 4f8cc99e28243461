// How the addon's core reports errors: as values. Only the Node-API edge (encode.h) turns them into exceptions.
#pragma once
#include <string>
#include <utility>
#include <variant>

#include "unique_fd.h"

namespace cofferdam {

struct Failure {
  int error = 0;             // errno, positive
  const char* syscall = "";  // a literal
  std::string path;          // what it was about, empty when there is no such thing
};

// The value, or why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  Failure& failure() { return std::get<1>(state_); }

 private:
  std::variant<T, Failure> state_;
};

struct Nothing {};
using Done = Result<Nothing>;

// A raw system call's result (a descriptor or -errno) as one of the above.
inline Result<UniqueFd> descriptor(long result, const char* syscall, std::string path = {}) {
  if (result < 0) return Failure{static_cast<int>(-result), syscall, std::move(path)};
  return UniqueFd(static_cast<int>(result));
}

}  // namespace cofferdam
