// Threads of the addon: they take no signals, so that Node's handlers and the profiler's run where Node expects them.
#pragma once
#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace cofferdam {

// `name` has at most 15 characters.
template <typename Body>
std::thread startThread(const char* name, Body body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // a new thread inherits the mask
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace cofferdam
