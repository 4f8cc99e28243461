// What the addon's threads tell JavaScript: lib/native.ts' LaunchEvent and the settling of promises, as data.
#pragma once
#include <stdint.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "byte_buffer.h"
#include "exit_status.h"
#include "failure.h"

namespace cofferdam {

class Launch;

using FileContents = std::vector<std::optional<std::string>>;  // nothing where a file could not be read

struct UndoFailure {
  int error = 0;  // 0: none
  uint32_t step = 0;
  std::string messages = {};  // of a program that failed
};

struct StartedEvent {
  int pid = 0;
  std::vector<uint8_t> records = {};
};
struct FailedEvent {
  int error = 0;
  int step = -1;  // -1: before the first operation
  bool killed = false;
  int signal = 0;
  std::vector<uint8_t> records = {};
  FileContents exitFiles = {};
};
struct DescriptorEvent {
  int64_t tag = 0;
  UniqueFd descriptor;
};
struct ReadyEvent {
  int64_t state = 0;
};
struct ExitedEvent {
  ExitStatus status;
  bool timedOut = false;
  bool outputExceeded = false;
  std::optional<ByteBuffer> standardOutput;
  std::optional<ByteBuffer> standardError;
  FileContents exitFiles = {};
  uint64_t duration = 0;  // nanoseconds
  UndoFailure undo;
};
struct LaunchEvent {
  std::shared_ptr<Launch> launch;
  std::variant<StartedEvent, FailedEvent, DescriptorEvent, ReadyEvent, ExitedEvent> body;
};

// A promise's end; `promise` is what Dispatcher::promise() gave out.
struct UndoSettled {
  uint32_t promise = 0;
  UndoFailure undo;
};
struct RawSettled {
  uint32_t promise = 0;
  uint32_t thread = 0;
  Result<int64_t> value;
  bool closed = false;  // the answer to close(), not to a call
};

// Something happened to a descriptor that is watched.
struct WatchEvent {
  uint32_t watch = 0;
};

using Event = std::variant<LaunchEvent, UndoSettled, RawSettled, WatchEvent>;

}  // namespace cofferdam
