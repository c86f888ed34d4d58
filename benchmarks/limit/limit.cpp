// What the hardware and Lua allow for the natural benchmark: NDJSON in, decisions out, nothing that Remit adds.
//
//   limit --mode natural|learned|cpp|frame|echo-call [--policy policy.lua] [FILE]

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "host.h"
#include "native.h"
#include "reader.h"

namespace {

using namespace limit;

// Standard input or a file in large blocks; hands out lines that have SIMDJSON_PADDING readable bytes behind them.
class Lines {
 public:
  explicit Lines(int file) : file_(file), block_(capacity_ + simdjson::SIMDJSON_PADDING), bytes_(block_.data()) {}

  // False at the end. The line is valid until the next call.
  bool next(const char *&line, size_t &length) {
    size_t searched = 0;
    for (;;) {
      void *newline = std::memchr(bytes_ + start_ + searched, '\n', end_ - start_ - searched);
      if (newline || (ended_ && start_ < end_)) {
        line = bytes_ + start_;
        length = newline ? static_cast<size_t>(static_cast<char *>(newline) - line) : end_ - start_;
        start_ += length + (newline != nullptr);
        return true;
      }
      if (ended_) return false;
      searched = end_ - start_;
      fill();
    }
  }

 private:
  void fill() {
    std::memmove(bytes_, bytes_ + start_, end_ - start_);
    end_ -= start_;
    start_ = 0;
    if (end_ == capacity_) {
      capacity_ *= 2;
      block_.resize(capacity_ + simdjson::SIMDJSON_PADDING);
      bytes_ = block_.data();
    }
    ssize_t count = ::read(file_, bytes_ + end_, capacity_ - end_);
    if (count <= 0) ended_ = true;
    else end_ += static_cast<size_t>(count);
  }

  int file_;
  size_t capacity_ = 1 << 18, start_ = 0, end_ = 0;
  std::vector<char> block_;
  char *bytes_;
  bool ended_ = false;
};

uint64_t lines_read = 0;

template <typename Decide>
void for_each_line(int file, Writer &out, Decide decide) {
  Lines lines(file);
  const char *line;
  size_t length;
  while (lines.next(line, length)) {
    ++lines_read;
    if (!out.room_for(length)) out.literal("{\"error\":\"too long\"}\n");
    else decide(line, length);
    if (!out.flush_when_full()) std::exit(1);
  }
  if (!out.flush()) std::exit(1);
}

template <typename Reader, typename Decide>
void decide_each(int file, Writer &out, Decide decide) {
  Reader reader;
  Transaction tx;
  for_each_line(file, out, [&](const char *line, size_t length) {
    if (!reader.read(line, length, tx) || !decide(tx)) out.literal("{\"error\":\"invalid input\"}\n");
  });
}

[[noreturn]] void usage() {
  std::fputs("usage: limit --mode natural|learned|cpp|frame|echo-call [--policy policy.lua] [FILE]\n", stderr);
  std::exit(2);
}

}  // namespace

int main(int count, char **arguments) {
  std::string mode = "natural", policy = "policy.lua";
  int file = STDIN_FILENO;
  for (int i = 1; i < count; ++i) {
    if (!std::strcmp(arguments[i], "--mode") && i + 1 < count) mode = arguments[++i];
    else if (!std::strcmp(arguments[i], "--policy") && i + 1 < count) policy = arguments[++i];
    else if (arguments[i][0] == '-' && arguments[i][1]) usage();
    else if (std::strcmp(arguments[i], "-") != 0 && (file = ::open(arguments[i], O_RDONLY)) < 0) {
      std::perror(arguments[i]);
      return 2;
    }
  }

  auto start = std::chrono::steady_clock::now();
  static Writer out;
  if (mode == "frame") {
    for_each_line(file, out, [](const char *line, size_t length) {
      out.raw({line, length});
      out.literal("\n");
    });
  } else if (mode == "cpp") {
    decide_each<AnyOrderReader>(file, out, [](const Transaction &tx) { return decide_native(tx, out); });
  } else if (mode == "natural" || mode == "learned" || mode == "echo-call") {
    Host host(policy.c_str(), mode == "echo-call" ? "approve" : "decide");
    auto decide = [&](const Transaction &tx) { return host.decide(tx, out), true; };
    if (mode == "learned") decide_each<LearnedReader>(file, out, decide);
    else decide_each<AnyOrderReader>(file, out, decide);
  } else {
    usage();
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::fprintf(stderr, "%s: %llu lines, %.3f s, %.0f ns a line\n", mode.c_str(), static_cast<unsigned long long>(lines_read),
               seconds, lines_read ? seconds * 1e9 / static_cast<double>(lines_read) : 0.0);
  return 0;
}
