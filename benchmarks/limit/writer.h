// JSON out: a growing block, flushed in large writes.
#ifndef LIMIT_WRITER_H
#define LIMIT_WRITER_H

#include <charconv>
#include <cstring>
#include <string_view>

#include <unistd.h>

namespace limit {

// Plain data, because a Lua error may jump over the frames that use it; too large for the stack.
struct Writer {
  static constexpr size_t BLOCK = 1 << 18, SLACK = 1 << 16;

  size_t length = 0;
  char bytes[BLOCK + SLACK];

  void raw(std::string_view text) {
    std::memcpy(bytes + length, text.data(), text.size());
    length += text.size();
  }

  template <size_t N>
  void literal(const char (&text)[N]) {
    std::memcpy(bytes + length, text, N - 1);
    length += N - 1;
  }

  void quoted(std::string_view text) {
    bytes[length++] = '"';
    for (char byte : text) {
      if (static_cast<unsigned char>(byte) < 0x20) {
        static const char hex[] = "0123456789abcdef";
        literal("\\u00");
        bytes[length++] = hex[byte >> 4];
        bytes[length++] = hex[byte & 15];
      } else {
        if (byte == '"' || byte == '\\') bytes[length++] = '\\';
        bytes[length++] = byte;
      }
    }
    bytes[length++] = '"';
  }

  void number(double value) {
    length = static_cast<size_t>(std::to_chars(bytes + length, bytes + length + 32, value).ptr - bytes);
  }

  bool room_for(size_t size) const { return size * 6 + 4096 < SLACK; }

  // Called between lines.
  bool flush_when_full() { return length < BLOCK || flush(); }

  bool flush() {
    for (size_t done = 0; done < length;) {
      ssize_t count = ::write(STDOUT_FILENO, bytes + done, length - done);
      if (count < 0) return false;
      done += static_cast<size_t>(count);
    }
    length = 0;
    return true;
  }
};

}  // namespace limit

#endif
