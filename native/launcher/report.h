// What a launched process tells Node over its launch's socket.
#pragma once
#include "../sys/message.h"
#include "machine.h"

namespace cofferdam {

inline int report(int socket, Message message, int64_t value, uint32_t step = 0, int descriptor = -1) {
  MessageHeader header = {static_cast<uint32_t>(message), step, value};
  return sys::sendMessage(socket, &header, sizeof header, &descriptor, descriptor >= 0 ? 1 : 0);
}

}  // namespace cofferdam
