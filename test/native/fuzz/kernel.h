// A kernel whose answers are the fuzzer's: what runs against it changes nothing on this machine.
#pragma once
#include <csetjmp>
#include <cstddef>
#include <cstdint>

namespace fuzz {

// Where `_exit`, a successful execve(2) and a program that calls without end lead.
extern std::jmp_buf theEnd;

// From here on `answers` decide what calls return and what they write.
void setAnswers(const uint8_t* answers, size_t size);
// Gives back what was mapped.
void unmapAll();

}  // namespace fuzz
