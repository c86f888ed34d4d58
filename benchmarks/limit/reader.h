// Lines to transactions: with the fields in any order (simdjson on demand), and by the remembered shape of the line before.
#ifndef LIMIT_READER_H
#define LIMIT_READER_H

#include <simdjson.h>

#include <cstring>
#include <string>
#include <vector>

#include "transaction.h"

namespace limit {

// Every line must have SIMDJSON_PADDING readable bytes behind it. Fields are looked for in the order in which the lines usually
// have them, which simdjson finds fastest; any other order is found too.
class AnyOrderReader {
 public:
  bool read(const char *line, size_t length, Transaction &into) {
    simdjson::ondemand::document document;
    Object root, requester, vendor;
    return !parser_.iterate(line, length, length + simdjson::SIMDJSON_PADDING).get(document) && !document.get_object().get(root) &&
           text(root, "id", into.values[ID]) &&
           text(root, "date", into.values[DATE]) &&
           text(root, "category", into.values[CATEGORY]) &&
           number(root, "amount", into.values[AMOUNT]) &&
           record(root, "requester", requester) &&
             text(requester, "id", into.values[REQUESTER_ID]) &&
             integer(requester, "level", into.values[REQUESTER_LEVEL]) &&
           record(root, "vendor", vendor) &&
             text(vendor, "id", into.values[VENDOR_ID]) &&
             boolean(vendor, "approved", into.values[VENDOR_APPROVED]) &&
           boolean(root, "urgent", into.values[URGENT]) &&
           boolean(root, "sole_source", into.values[SOLE_SOURCE]) &&
           number(root, "budget", into.values[BUDGET]) &&
           number(root, "probability", into.values[PROBABILITY]) &&
           number(root, "exposure", into.values[EXPOSURE]) &&
           integer(root, "years", into.values[YEARS]) &&
           number(root, "equity", into.values[EQUITY]) &&
           number(root, "debt", into.values[DEBT]) &&
           number(root, "profit", into.values[PROFIT]) &&
           integer(root, "overdue_days", into.values[OVERDUE_DAYS]);
  }

 private:
  using Object = simdjson::ondemand::object;

  static bool text(Object &object, std::string_view name, Value &into) {
    std::string_view text;
    if (object.find_field_unordered(name).get_string().get(text)) return false;
    into.text = {text.data(), text.size()};
    return true;
  }

  static bool number(Object &object, std::string_view name, Value &into) {
    return !object.find_field_unordered(name).get_double().get(into.number);
  }

  static bool integer(Object &object, std::string_view name, Value &into) {
    return !object.find_field_unordered(name).get_int64().get(into.integer);
  }

  static bool boolean(Object &object, std::string_view name, Value &into) {
    return !object.find_field_unordered(name).get_bool().get(into.boolean);
  }

  static bool record(Object &object, std::string_view name, Object &into) {
    return !object.find_field_unordered(name).get_object().get(into);
  }

  simdjson::ondemand::parser parser_;
};

// Remembers what stood between the values of the last line and expects the same: keys, order, punctuation. A line of another
// shape, or with an escape or an unusual number in a declared value, goes the general way, and its shape is learned.
class LearnedReader {
 public:
  bool read(const char *line, size_t length, Transaction &into) {
    if (read_by_shape(line, length, into)) return true;
    if (!general_.read(line, length, into)) return false;
    learn(line, length);
    return true;
  }

  uint64_t learned() const { return learned_; }

 private:
  static constexpr unsigned SKIPPED = FIELD_COUNT;

  struct Step {
    uint32_t start, length;  // in between_: what stands from the end of the value before to this one
    unsigned field;          // or SKIPPED
  };

  bool read_by_shape(const char *line, size_t length, Transaction &into);
  void learn(const char *line, size_t length);

  AnyOrderReader general_;
  std::vector<Step> steps_;
  std::string between_, after_;
  uint64_t learned_ = 0;
};

}  // namespace limit

#endif
