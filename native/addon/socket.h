// unix(7) messages with descriptors that never wait: the JavaScript thread and the reaper serve many.
#pragma once
#include <stdint.h>

#include <span>
#include <string>

#include "../program/layout.h"
#include "failure.h"

namespace cofferdam {

// At most sys::kMostDescriptors descriptors; raises no SIGPIPE. 0 or -errno.
int sendNow(int socket, std::span<const uint8_t> message, std::span<const int> descriptors);

// One message of a launch's socket and the descriptor that came with it, if any. 1; 0 at end of file; or -errno.
int receiveNow(int socket, MessageHeader* message, UniqueFd* descriptor);

// Sends `request` to the stream socket at `path`, waits two seconds at most for `answer`, and gives the descriptor that
// came with it, if any.
Result<UniqueFd> ask(const std::string& path, std::span<const uint8_t> request, std::span<uint8_t> answer);

// The bytes of a message that is a header alone.
inline std::span<const uint8_t> bytesOf(const MessageHeader& message) {
  return {reinterpret_cast<const uint8_t*>(&message), sizeof message};
}

}  // namespace cofferdam
