// As much of a test framework as these tests need: named tests, checks with their place, TAP on standard output.
#pragma once
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

struct Test {
  const char* name;
  std::function<void()> body;
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Register {
  Register(const char* name, std::function<void()> body) { tests().push_back({name, std::move(body)}); }
};

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEST(name)                                                              \
  static void JOIN(test, __LINE__)();                                           \
  static const Register JOIN(registered, __LINE__)(name, JOIN(test, __LINE__)); \
  static void JOIN(test, __LINE__)()

#define CHECK(condition)                                            \
  do {                                                              \
    if (!(condition)) {                                             \
      failures()++;                                                 \
      std::printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
    }                                                               \
  } while (0)

inline int runTests() {
  int failed = 0, number = 0;
  std::printf("TAP version 14\n1..%zu\n", tests().size());
  for (const Test& test : tests()) {
    int before = failures();
    test.body();
    bool ok = failures() == before;
    failed += !ok;
    std::printf("%s %d - %s\n", ok ? "ok" : "not ok", ++number, test.name);
  }
  return failed ? 1 : 0;
}
