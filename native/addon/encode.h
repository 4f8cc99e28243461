// Results as JavaScript values, in the shapes of lib/native.ts. JavaScript thread only.
#pragma once
#include <napi.h>

#include "event.h"
#include "notify.h"
#include "undo.h"

namespace cofferdam {

Napi::Object encodeEvent(Napi::Env env, LaunchEvent& event);
// { errno, step } or null.
Napi::Value encodeUndoFailure(Napi::Env env, const UndoFailure& undo);
// { thread, value }, or undefined for a thread that was closed.
Napi::Value encodeRawValue(Napi::Env env, RawSettled& settled);
// { alive, programs, errors }
Napi::Object encodeRecovery(Napi::Env env, const Recovery& recovery);
// { id, pid, number, architecture, arguments }, 'ended' or null.
Napi::Value encodeNotification(Napi::Env env, const Notification& next);
Napi::Value encodeBytes(Napi::Env env, const std::vector<uint8_t>& bytes);

// An Error in the shape of Node's system errors: `errno` (positive), `code`, `syscall`, and `path` if there is one.
Napi::Error encodeFailure(Napi::Env env, const Failure& failure);

// Name of an errno, 'EINVAL'; 'E<number>' for one without a name.
std::string errorName(int error);

}  // namespace cofferdam
