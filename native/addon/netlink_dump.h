// What rtnetlink(7) tells: everything of a kind, or each change.
#pragma once
#include <stdint.h>

#include <vector>

#include "failure.h"

namespace cofferdam {

// Sends a request with NLM_F_DUMP in the calling thread's network namespace. The answers, header by header as they came, are
// in the memory file that is returned, up to and with the last one (NLMSG_DONE or NLMSG_ERROR).
Result<UniqueFd> netlinkDump(const std::vector<uint8_t>& request);

// A socket, non-blocking, that becomes readable when something of the groups changes there (RTMGRP_*, as bits).
Result<UniqueFd> netlinkMonitor(uint32_t groups);

}  // namespace cofferdam
