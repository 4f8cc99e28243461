// Bytes that grow at the end, from malloc(3): std::vector would clear what is about to be overwritten, and JavaScript
// can be given this memory as it is.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <new>
#include <utility>

namespace cofferdam {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~ByteBuffer() { free(data_); }

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  void append(const uint8_t* bytes, size_t count) {
    if (count == 0) return;
    if (size_ + count > capacity_) {
      size_t capacity = size_ + count < 2 * capacity_ ? 2 * capacity_ : size_ + count;
      void* grown = realloc(data_, capacity);
      if (!grown) throw std::bad_alloc();
      data_ = static_cast<uint8_t*>(grown);
      capacity_ = capacity;
    }
    memcpy(data_ + size_, bytes, count);
    size_ += count;
  }
  // The memory, to be given to free(3); the buffer is empty afterwards.
  uint8_t* release() {
    size_ = capacity_ = 0;
    return std::exchange(data_, nullptr);
  }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace cofferdam
