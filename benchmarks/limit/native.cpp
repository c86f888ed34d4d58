#include "native.h"

namespace limit {

namespace {

constexpr double LIMITS[6][3] = {
  {1000, 500, 500},         {5000, 2000, 2000},       {20000, 10000, 10000},
  {50000, 20000, 20000},    {500000, 200000, 200000}, {2000000, 2000000, 1000000},
};

// A list of literals, already quoted.
struct List {
  std::string_view items[8];
  unsigned count = 0;

  void add(std::string_view item) { items[count++] = item; }

  void write(Writer &out) const {
    out.literal("[");
    for (unsigned i = 0; i < count; ++i) {
      if (i) out.literal(",");
      out.raw(items[i]);
    }
    out.literal("]");
  }
};

int category_of(std::string_view text) {
  if (text == "expense") return 0;
  if (text == "fixed_asset") return 1;
  return text == "construction" ? 2 : -1;
}

}  // namespace

bool decide_native(const Transaction &tx, Writer &out) {
  int category = category_of(tx.text(CATEGORY));
  int64_t level = tx.integer(REQUESTER_LEVEL);
  if (category < 0 || level < 1 || level > 6) return false;
  double amount = tx.number(AMOUNT);

  List route;
  if (amount > LIMITS[level - 1][category]) {
    route.add("\"department_head\"");
    if (amount > 5000.00) route.add("\"manager\"");
    if (amount > 50000.00) route.add("\"director\"");
    if (amount > 500000.00) route.add("\"cfo\"");
    if (amount > 2000000.00) route.add("\"board\"");
  }
  if (!tx.boolean(VENDOR_APPROVED) || tx.boolean(SOLE_SOURCE)) route.add("\"buyer\"");
  if (amount > tx.number(BUDGET)) route.add("\"finance\"");
  if (category == 2 && !tx.boolean(URGENT)) route.add("\"cost_accounting\"");

  double expected = tx.number(PROBABILITY) * tx.number(EXPOSURE);
  std::string_view band = expected < 1000.00 ? "low" : expected < 10000.00 ? "medium" : expected < 100000.00 ? "high" : "critical";

  List failed;
  if (tx.integer(YEARS) < 3) failed.add("\"years\"");
  if (tx.number(DEBT) > tx.number(EQUITY) * 0.7) failed.add("\"leverage\"");
  if (tx.number(PROFIT) * 3.5 < tx.number(DEBT)) failed.add("\"coverage\"");
  if (tx.integer(OVERDUE_DAYS) > 30) failed.add("\"overdue\"");
  if (band == "critical") failed.add("\"risk\"");

  bool refused = tx.text(REQUESTER_ID) == tx.text(VENDOR_ID) || tx.text(DATE) < "2025-01-01";
  out.literal("{\"id\":");
  out.quoted(tx.text(ID));
  out.literal(",\"outcome\":\"");
  out.raw(refused ? "reject" : route.count ? "route" : "approve");
  out.literal("\",\"route\":");
  route.write(out);
  out.literal(",\"risk\":");
  out.number(expected);
  out.literal(",\"band\":\"");
  out.raw(band);
  out.literal("\",\"eligible\":");
  out.raw(failed.count ? "false" : "true");
  out.literal(",\"failed\":");
  failed.write(out);
  out.literal("}\n");
  return true;
}

}  // namespace limit
