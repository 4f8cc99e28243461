// Keeps the addon loadable with a glibc and a libstdc++ older than those it is built with (Debian 11, Ubuntu 20.04). Their
// headers call two things that only newer ones have; both are defined here, for this addon alone. Other C and C++ libraries
// (musl, libc++) are not concerned.
#include <new>

#ifdef __GLIBC__
// glibc 2.32: lets std::shared_ptr leave out atomic operations while there is one thread. Node always has more.
extern "C" {
extern char __libc_single_threaded __attribute__((visibility("hidden")));
char __libc_single_threaded = 0;
}
#endif

#ifdef __GLIBCXX__
// libstdc++ 11: a container was asked for more elements than there are addresses.
// NOLINTNEXTLINE(cert-dcl58-cpp): the very function that the headers declare there.
namespace std {
[[noreturn]] __attribute__((visibility("hidden"))) void __throw_bad_array_new_length();
void __throw_bad_array_new_length() { throw bad_alloc(); }
}  // namespace std
#endif
