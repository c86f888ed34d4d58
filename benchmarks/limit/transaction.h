// What the benchmark's policy reads of a line, and what it decides.
#ifndef LIMIT_TRANSACTION_H
#define LIMIT_TRANSACTION_H

#include <cstdint>
#include <string_view>

namespace limit {

// The declared values, 18 of a line's 30; those of records last.
enum Field : unsigned {
  ID, DATE, CATEGORY, AMOUNT, URGENT, SOLE_SOURCE, BUDGET, PROBABILITY, EXPOSURE,
  YEARS, EQUITY, DEBT, PROFIT, OVERDUE_DAYS,
  REQUESTER_ID, REQUESTER_LEVEL,
  VENDOR_ID, VENDOR_APPROVED,
  FIELD_COUNT,
};

constexpr uint32_t ALL_FIELDS = (1u << FIELD_COUNT) - 1;

enum class Kind : uint8_t { text, number, integer, boolean };

constexpr Kind KINDS[FIELD_COUNT] = {
  Kind::text, Kind::text, Kind::text, Kind::number, Kind::boolean, Kind::boolean, Kind::number, Kind::number, Kind::number,
  Kind::integer, Kind::number, Kind::number, Kind::number, Kind::integer,
  Kind::text, Kind::integer,
  Kind::text, Kind::boolean,
};

// One declared value; which member holds it follows from its kind.
union Value {
  struct { const char *bytes; size_t length; } text;
  double number;
  int64_t integer;
  bool boolean;
};

// A decoded line. Texts point into the line or into the parser's own buffer, until the next line is read.
struct Transaction {
  Value values[FIELD_COUNT];

  std::string_view text(Field field) const { return {values[field].text.bytes, values[field].text.length}; }
  double number(Field field) const { return values[field].number; }
  int64_t integer(Field field) const { return values[field].integer; }
  bool boolean(Field field) const { return values[field].boolean; }
};

}  // namespace limit

#endif
