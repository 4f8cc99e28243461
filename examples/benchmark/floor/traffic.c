// Traffic between two sockets, measured from where it is asked for: how much goes through, and how long one byte takes to
// come back. One TCP connection, as one program has it; nothing but the path differs between two measurements.
//
//   traffic serve ADDRESS PORT       answers one client after the other, until it is killed; prints "ready" first
//   traffic stream ADDRESS PORT MS   sends for so long; prints the bytes that arrived and the nanoseconds it took
//   traffic ping ADDRESS PORT COUNT  one byte there and back, so often; prints nanoseconds of each
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kBuffer = 128 * 1024, kWarmUp = 100 };
static char buffer[kBuffer];

static void fail(const char* step) {
  fprintf(stderr, "traffic: %s: %s\n", step, strerror(errno));
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct sockaddr_in addressOf(const char* host, const char* port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
    fprintf(stderr, "traffic: not an IPv4 address: %s\n", host);
    exit(2);
  }
  return address;
}

static void withoutDelay(int fd) {
  int on = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail("TCP_NODELAY");
}

static void exactly(int fd, int sends, char* data, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t count = sends ? write(fd, data + done, size - done) : read(fd, data + done, size - done);
    if (count <= 0) fail(sends ? "write" : "read");
    done += (size_t)count;
  }
}

// A client says with its first byte what it wants: 's', a stream, whose bytes are counted and told at its end; 'p', each byte
// back.
static void answer(int fd) {
  char kind;
  if (read(fd, &kind, 1) != 1) return;
  unsigned long long total = 0;
  for (;;) {
    ssize_t count = read(fd, buffer, kind == 's' ? kBuffer : 1);
    if (count <= 0) break;
    total += (unsigned long long)count;
    if (kind == 'p' && write(fd, buffer, (size_t)count) != count) return;
  }
  if (kind == 's' && write(fd, &total, sizeof total) != sizeof total) return;
}

static _Noreturn void serve(const char* host, const char* port) {
  struct sockaddr_in address = addressOf(host, port);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (listener < 0) fail("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) fail("bind");
  if (listen(listener, 16) != 0) fail("listen");
  puts("ready");
  fflush(stdout);
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) continue;
    withoutDelay(fd);
    answer(fd);
    close(fd);
  }
}

static int connected(const char* host, const char* port) {
  struct sockaddr_in address = addressOf(host, port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  withoutDelay(fd);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) != 0) fail("connect");
  return fd;
}

static int stream(int fd, long long milliseconds) {
  exactly(fd, 1, "s", 1);
  long long begun = now(), until = begun + milliseconds * 1000000;
  while (now() < until) exactly(fd, 1, buffer, kBuffer);
  if (shutdown(fd, SHUT_WR) != 0) fail("shutdown");
  unsigned long long arrived = 0;
  exactly(fd, 0, (char*)&arrived, sizeof arrived);
  printf("%llu %lld\n", arrived, now() - begun);
  return 0;
}

static int ping(int fd, unsigned count) {
  char byte = 0;
  exactly(fd, 1, "p", 1);
  for (unsigned i = 0; i < count + kWarmUp; i++) {
    long long begun = now();
    exactly(fd, 1, &byte, 1);
    exactly(fd, 0, &byte, 1);
    if (i >= kWarmUp) printf("%lld ", now() - begun);
  }
  printf("\n");
  return 0;
}

int main(int argumentCount, char** arguments) {
  if (argumentCount == 4 && strcmp(arguments[1], "serve") == 0) serve(arguments[2], arguments[3]);
  if (argumentCount == 5 && strcmp(arguments[1], "stream") == 0)
    return stream(connected(arguments[2], arguments[3]), atoll(arguments[4]));
  if (argumentCount == 5 && strcmp(arguments[1], "ping") == 0)
    return ping(connected(arguments[2], arguments[3]), (unsigned)atoi(arguments[4]));
  fprintf(stderr, "usage: traffic serve ADDRESS PORT | stream ADDRESS PORT MS | ping ADDRESS PORT COUNT\n");
  return 2;
}
