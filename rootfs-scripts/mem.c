// mem: use ever more memory, for seeing what a memory limit does.
//
//   mem                     anonymous memory, 1 MiB every 20 ms, never given back: without swap the kernel has nothing to
//                           reclaim, and kills the process at the limit
//   mem --file PATH [MIB]   a shared mapping of a file, touched round and round: at the limit the kernel takes back pages
//                           that the disk has as well, and the process lives on. PATH is made, of 64 MiB, when missing.
//                           It has to be on a disk: pages of a tmpfs can be reclaimed to swap only.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { kStep = 1 << 20, kPage = 4096, kDefaultFileMib = 64 };

static void fail(const char* what) {
  fprintf(stderr, "mem: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void rest(void) { nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL); }

static void report(const char* what, unsigned long mib) {
  printf("%s %lu MiB\n", what, mib);
  fflush(stdout);
}

static void useAnonymous(void) {
  for (unsigned long mib = 1;; mib++) {
    char* memory = mmap(NULL, kStep, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    memset(memory, (int)mib, kStep);
    report("touched", mib);
    rest();
  }
}

// Blocks, not a hole, written back step by step: dirty pages are the only ones of a file that cannot be dropped.
static void fill(int fd, unsigned long mib) {
  char* block = malloc(kStep);
  if (!block) fail("malloc");
  memset(block, 'm', kStep);
  for (unsigned long step = 0; step < mib; step++) {
    if (pwrite(fd, block, kStep, (off_t)step * kStep) != kStep) fail("write");
    fdatasync(fd);
    posix_fadvise(fd, (off_t)step * kStep, kStep, POSIX_FADV_DONTNEED);
  }
  free(block);
}

static void useFile(const char* path, unsigned long mib) {
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd >= 0) {
    fill(fd, mib);
  } else {
    if (errno != EEXIST) fail(path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    // What is cached already is charged to whoever read it first, not to this process.
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  }
  struct statfs fs;
  if (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
    fprintf(stderr, "mem: %s is on a tmpfs, not on a disk: its pages count as anonymous memory\n", path);
  struct stat status;
  if (fstat(fd, &status) < 0) fail(path);
  const size_t size = (size_t)status.st_size;
  const volatile char* file = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  if (file == MAP_FAILED) fail("mmap");
  // Pages that are read ahead cannot be dropped until the disk has brought them: behind a busy disk they alone reach a small
  // limit, with nothing left to take back, and the kernel kills. So one page at a time.
  if (madvise((void*)file, size, MADV_RANDOM) < 0) fail("madvise");
  for (;;) {
    for (size_t at = 0; at < size; at += kPage) {
      (void)file[at];
      if (at % kStep == 0) rest();
    }
    report("touched all of", size / kStep);
  }
}

int main(int argc, char** argv) {
  if (argc == 1) useAnonymous();
  if (argc >= 3 && argc <= 4 && strcmp(argv[1], "--file") == 0) {
    const unsigned long mib = argc == 4 ? strtoul(argv[3], NULL, 10) : kDefaultFileMib;
    if (mib > 0) useFile(argv[2], mib);
  }
  fprintf(stderr, "usage: mem | mem --file PATH [MIB]\n");
  return 2;
}
