#include "reader.h"

#include <emmintrin.h>

namespace limit {

namespace {

const char *const PATHS[FIELD_COUNT] = {
  "/id", "/date", "/category", "/amount", "/urgent", "/sole_source", "/budget", "/probability", "/exposure",
  "/years", "/equity", "/debt", "/profit", "/overdue_days",
  "/requester/id", "/requester/level",
  "/vendor/id", "/vendor/approved",
};

const double POWERS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

// One bit for each of 16 bytes that is equal.
unsigned equal_bytes(const char *a, const char *b) {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(a)),
                                                                _mm_loadu_si128(reinterpret_cast<const __m128i *>(b)))));
}

bool is_digit(char byte) { return static_cast<unsigned char>(byte - '0') < 10; }

// The closing quote of a text without escapes and control characters; null where it has some. Reads up to 15 bytes too far.
const char *text_end(const char *at, const char *end) {
  const __m128i quotes = _mm_set1_epi8('"'), escapes = _mm_set1_epi8('\\'), controls = _mm_set1_epi8(0x1f);
  for (; at < end; at += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
    __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quotes), _mm_cmpeq_epi8(bytes, escapes)),
                                 _mm_cmpeq_epi8(_mm_min_epu8(bytes, controls), bytes));
    if (int mask = _mm_movemask_epi8(found)) {
      at += __builtin_ctz(static_cast<unsigned>(mask));
      return at < end && *at == '"' ? at : nullptr;
    }
  }
  return nullptr;
}

// Whether the bytes at `at` are those of `expected`, which is padded to a multiple of 16. Reads up to 15 bytes too far.
bool matches(const char *at, const char *expected, size_t length) {
  for (; length >= 16; at += 16, expected += 16, length -= 16) {
    if (equal_bytes(at, expected) != 0xffff) return false;
  }
  unsigned wanted = (1u << length) - 1;
  return (equal_bytes(at, expected) & wanted) == wanted;
}

// A plain decimal of at most 15 digits, which one division rounds correctly; null where it is anything else.
const char *short_number(const char *at, bool whole, Value &into) {
  bool negative = *at == '-';
  at += negative;
  const char *first = at;
  uint64_t digits = 0;
  while (is_digit(*at)) digits = digits * 10 + static_cast<uint64_t>(*at++ - '0');
  size_t count = static_cast<size_t>(at - first), places = 0;
  if (count == 0 || (count > 1 && *first == '0')) return nullptr;
  if (*at == '.') {
    const char *point = at++;
    while (is_digit(*at)) digits = digits * 10 + static_cast<uint64_t>(*at++ - '0');
    places = static_cast<size_t>(at - point) - 1;
    if (places == 0) return nullptr;
  }
  if (count + places > 15 || *at == 'e' || *at == 'E') return nullptr;
  int64_t value = negative ? -static_cast<int64_t>(digits) : static_cast<int64_t>(digits);
  if (whole) {
    if (places) return nullptr;
    into.integer = value;
  } else {
    into.number = places ? static_cast<double>(value) / POWERS[places] : static_cast<double>(value);
  }
  return at;
}

const char *boolean(const char *at, Value &into) {
  if (std::memcmp(at, "true", 4) == 0) return into.boolean = true, at + 4;
  if (std::memcmp(at, "false", 5) == 0) return into.boolean = false, at + 5;
  return nullptr;
}

// The end of any scalar, valid or not as strictly as the general reader checks what it skips.
const char *scalar_end(const char *at, const char *end) {
  if (*at == '"') {
    for (++at; at < end; ++at) {
      if (*at == '\\') ++at;
      else if (*at == '"') return at + 1;
    }
    return nullptr;
  }
  const char *first = at;
  while (at < end && (is_digit(*at) || (*at >= 'a' && *at <= 'z') || *at == '-' || *at == '+' || *at == '.' || *at == 'E')) ++at;
  return at > first ? at : nullptr;
}

}  // namespace

bool LearnedReader::read_by_shape(const char *at, size_t length, Transaction &into) {
  const char *end = at + length;
  if (steps_.empty()) return false;
  for (const Step &step : steps_) {
    if (static_cast<size_t>(end - at) <= step.length || !matches(at, between_.data() + step.start, step.length)) return false;
    at += step.length;
    if (step.field == SKIPPED) {
      if (*at == '"') {
        const char *close = text_end(at + 1, end);
        at = close ? close + 1 : scalar_end(at, end);
      } else {
        at = scalar_end(at, end);
      }
    } else {
      Value &value = into.values[step.field];
      switch (KINDS[step.field]) {
        case Kind::text: {
          if (*at != '"') return false;
          const char *close = text_end(at + 1, end);
          if (!close) return false;
          value.text = {at + 1, static_cast<size_t>(close - at - 1)};
          at = close + 1;
          break;
        }
        case Kind::number: at = short_number(at, false, value); break;
        case Kind::integer: at = short_number(at, true, value); break;
        case Kind::boolean: at = boolean(at, value); break;
      }
    }
    if (!at) return false;
  }
  return static_cast<size_t>(end - at) == after_.size() && std::memcmp(at, after_.data(), after_.size()) == 0;
}

// The general reader has found every declared field, but it checks what it skips only in part: any surprise here means that
// this line's shape is not remembered. Arrays are not, either.
void LearnedReader::learn(const char *line, size_t length) {
  ++learned_;
  steps_.clear();
  between_.clear();
  std::string path;
  std::vector<size_t> parents;
  uint32_t seen = 0;
  bool whole = false;
  const char *at = line, *end = line + length, *gap = line;
  while (at < end && !whole) {
    if (*at == '{') {
      parents.push_back(path.size());
      ++at;
    } else if (parents.empty() || *at == '[') {
      break;
    } else if (*at == '}') {
      parents.pop_back();
      whole = parents.empty();
      ++at;
    } else if (*at == '"') {
      const char *key_end = scalar_end(at, end);
      if (!key_end) break;
      path.resize(parents.back());
      path.append("/").append(at + 1, key_end - 1);
      at = key_end;
      while (at < end && (*at == ':' || *at == ' ' || *at == '\t')) ++at;
      if (at == end || *at == '{' || *at == '[') continue;
      unsigned field = 0;
      while (field < FIELD_COUNT && path != PATHS[field]) ++field;
      if (field != SKIPPED) {
        if (seen >> field & 1) break;  // written twice
        seen |= 1u << field;
      }
      steps_.push_back({static_cast<uint32_t>(between_.size()), static_cast<uint32_t>(at - gap), field});
      between_.append(gap, at).append(16, '\0');
      gap = at = scalar_end(at, end);
      if (!at) break;
    } else {
      ++at;
    }
  }
  if (whole && seen == ALL_FIELDS) after_.assign(gap, end);
  else steps_.clear();
}

}  // namespace limit
