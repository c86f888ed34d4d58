#include <math.h>
#include <string.h>

#include "calendar.h"
#include "dataset.h"
#include "remit_short.h"

/* What stands in a dataset's cells, and what they are compared with. */

/* Bits of the NaNs in a column of doubles. No number of a policy is one. */
static const uint64_t EMPTY_BITS = UINT64_C(0x7FF8000000000000), LONG_BITS = UINT64_C(0x7FFC000000000000);

uint64_t remit_empty_double_bits(void) { return EMPTY_BITS; }
uint64_t remit_long_double_bits(uint32_t number) { return LONG_BITS | number; }

static inline uint64_t double_bits(const remit_column *column, uint32_t row) { return ((const uint64_t *)column->cells)[row]; }

static inline double double_of(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline bool is_text(const remit_column *column) {
  return column->type.kind == REMIT_TEXT || column->type.kind == REMIT_TIMESTAMP;
}

int64_t remit_cell_whole(const remit_column *column, uint32_t row) {
  switch (column->width) {
  case 1: {
    int8_t value = ((const int8_t *)column->cells)[row];
    return value == INT8_MIN ? INT64_MIN : value;
  }
  case 2: {
    int16_t value = ((const int16_t *)column->cells)[row];
    return value == INT16_MIN ? INT64_MIN : value;
  }
  case 4: {
    int32_t value = ((const int32_t *)column->cells)[row];
    return value == INT32_MIN ? INT64_MIN : value;
  }
  default: return ((const int64_t *)column->cells)[row];
  }
}

/* False for an empty cell. */
static inline bool cell_text(const remit_column *column, uint32_t row, const char **text, size_t *length) {
  if (column->form == REMIT_CELL_WHOLE) {
    int64_t place = remit_cell_whole(column, row);
    if (place == INT64_MIN) return false;
    *text = remit_counted_text(column->bytes + place, length);
    return true;
  }
  uint32_t start = row ? column->ends[row - 1] : 0;
  *text = (const char *)column->bytes + start;
  *length = column->ends[row] - start;
  return *length > 0 || !column->type.optional;  /* an optional text is never empty: an empty cell is none */
}

void remit_cell_value(const remit_column *column, uint32_t row, remit_value *out) {
  out->kind = REMIT_VALUE_NIL;
  if (is_text(column)) {
    if (cell_text(column, row, &out->text, &out->length)) out->kind = REMIT_VALUE_TEXT;
    return;
  }
  if (column->form == REMIT_CELL_DOUBLE) {
    uint64_t bits = double_bits(column, row);
    out->number = double_of(bits);
    if (!isnan(out->number)) {
      out->kind = REMIT_VALUE_DOUBLE;
    } else if (bits != EMPTY_BITS) {
      out->kind = REMIT_VALUE_LONG;
      out->decimal = &column->longs[(uint32_t)bits];
    }
    return;
  }
  out->whole = remit_cell_whole(column, row);
  if (out->whole == INT64_MIN) return;
  switch (column->type.kind) {
  case REMIT_INTEGER: out->kind = REMIT_VALUE_INTEGER; break;
  case REMIT_BOOLEAN: out->kind = REMIT_VALUE_BOOLEAN; break;
  case REMIT_DATE: out->kind = REMIT_VALUE_DAY; break;
  case REMIT_ENUM: out->kind = REMIT_VALUE_ENUM; break;
  default:
    out->kind = REMIT_VALUE_DOUBLE;
    out->number = (double)out->whole;
    if (column->places) out->number /= remit_power_of_ten[column->places];
  }
}

int32_t remit_cell_day(const remit_column *column, uint32_t row, int32_t open) {
  if (column->form == REMIT_CELL_WHOLE && column->type.kind == REMIT_DATE) {
    int64_t day = remit_cell_whole(column, row);
    return day == INT64_MIN ? open : (int32_t)day;
  }
  const char *text;
  size_t length;
  remit_date date;
  if (!cell_text(column, row, &text, &length) || !remit_date_parse(text, 10, &date)) return open;
  return remit_days_from_date(date);
}

/* ---- Equal cells */

static bool same_bytes(const char *a, size_t a_length, const char *b, size_t b_length) {
  return a_length == b_length && memcmp(a, b, a_length) == 0;
}

static bool same_decimal(const remit_decimal *a, const remit_decimal *b) {
  return a->lo == b->lo && a->hi == b->hi && a->exponent == b->exponent && a->negative == b->negative;
}

bool remit_cells_equal(const remit_column *column, uint32_t row, uint32_t other) {
  if (column->form == REMIT_CELL_WHOLE) return remit_cell_whole(column, row) == remit_cell_whole(column, other);
  if (column->form == REMIT_CELL_DOUBLE) {
    uint64_t a = double_bits(column, row), b = double_bits(column, other);
    if (a == b) return true;
    if ((a & LONG_BITS) != LONG_BITS || (b & LONG_BITS) != LONG_BITS) return false;
    return same_decimal(&column->longs[(uint32_t)a], &column->longs[(uint32_t)b]);
  }
  const char *a = NULL, *b = NULL;
  size_t a_length = 0, b_length = 0;
  bool present = cell_text(column, row, &a, &a_length);
  if (present != cell_text(column, other, &b, &b_length)) return false;
  return !present || same_bytes(a, a_length, b, b_length);
}

/* ---- Hashes: equal values have equal ones, within a column */

static const uint64_t EMPTY_HASH = UINT64_C(0x5851F42D4C957F2D);

uint64_t remit_bytes_hash(const void *bytes, size_t length) {
  const char *at = bytes;
  uint64_t hash = length, word = 0;
  for (; length > 8; length -= 8, at += 8) {
    memcpy(&word, at, 8);
    hash = remit_mix(hash, word);
  }
  word = 0;
  memcpy(&word, at, length);
  return remit_mix(hash, word);
}

static uint64_t decimal_hash(const remit_decimal *value) {
  uint64_t rest = (uint64_t)(uint32_t)value->exponent << 1 | value->negative;
  return remit_mix(remit_mix(value->lo, value->hi), rest);
}

static uint64_t double_hash(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return remit_mix(bits, 1);
}

uint64_t remit_cell_hash(const remit_column *column, uint32_t row) {
  if (is_text(column)) {
    const char *text;
    size_t length;
    return cell_text(column, row, &text, &length) ? remit_bytes_hash(text, length) : EMPTY_HASH;
  }
  if (column->form == REMIT_CELL_WHOLE) return remit_mix((uint64_t)remit_cell_whole(column, row), 0);
  uint64_t bits = double_bits(column, row);
  if (!isnan(double_of(bits))) return double_hash(double_of(bits));
  return bits == EMPTY_BITS ? EMPTY_HASH : decimal_hash(&column->longs[(uint32_t)bits]);
}

/* ---- Keys */

static bool scaled(const remit_decimal *value, int32_t places, int64_t *out) {
  int32_t zeros = value->exponent + places;
  if (zeros < 0 || value->hi || value->lo > (uint64_t)INT64_MAX) return false;  /* reduced: it has more places than any cell */
  int64_t whole = (int64_t)value->lo;
  if (whole)
    while (zeros-- > 0)
      if (__builtin_mul_overflow(whole, (int64_t)10, &whole)) return false;
  *out = value->negative ? -whole : whole;
  return true;
}

void remit_cell_key_number(remit_cell_key *key, const remit_column *column, const remit_decimal *value) {
  remit_kind kind = column->type.kind;
  if (kind != REMIT_INTEGER && kind != REMIT_NUMBER && kind != REMIT_MONEY) {
    key->never = true;
  } else if (column->form == REMIT_CELL_WHOLE) {
    key->never = !scaled(value, column->places, &key->whole);
  } else if (!remit_decimal_to_double(value, &key->number)) {
    key->number = NAN;
    key->decimal = *value;
  }
}

void remit_cell_key_text(remit_cell_key *key, const remit_column *column, const char *text, size_t length) {
  remit_date date;
  key->text = text;
  key->length = length;
  switch (column->type.kind) {
  case REMIT_TEXT: case REMIT_TIMESTAMP:
    key->never = !length && column->type.optional;
    break;
  case REMIT_DATE:
    key->never = !remit_date_parse(text, length, &date);
    if (!key->never) key->whole = remit_days_from_date(date);
    break;
  case REMIT_ENUM:
    key->never = true;
    for (uint32_t i = 0; i < column->type.value_count && key->never; i++)
      if (same_bytes(column->type.values[i].bytes, column->type.values[i].length, text, length)) {
        key->whole = i;
        key->never = false;
      }
    break;
  default: key->never = true;
  }
}

void remit_cell_key_boolean(remit_cell_key *key, const remit_column *column, bool value) {
  key->never = column->type.kind != REMIT_BOOLEAN;
  key->whole = value;
}

bool remit_cell_key_matches(const remit_cell_key *key, const remit_column *column, uint32_t row) {
  if (is_text(column)) {
    const char *text;
    size_t length;
    return cell_text(column, row, &text, &length) && same_bytes(text, length, key->text, key->length);
  }
  if (column->form == REMIT_CELL_WHOLE) return remit_cell_whole(column, row) == key->whole;
  uint64_t bits = double_bits(column, row);
  if (!isnan(key->number)) return double_of(bits) == key->number;
  return (bits & LONG_BITS) == LONG_BITS && isnan(double_of(bits)) && same_decimal(&column->longs[(uint32_t)bits], &key->decimal);
}

uint64_t remit_cell_key_hash(const remit_cell_key *key, const remit_column *column) {
  if (is_text(column)) return remit_bytes_hash(key->text, key->length);
  if (column->form == REMIT_CELL_WHOLE) return remit_mix((uint64_t)key->whole, 0);
  return isnan(key->number) ? decimal_hash(&key->decimal) : double_hash(key->number);
}
