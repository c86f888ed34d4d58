#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "dataset_builder.h"
#include "remit_short.h"

/* Cells into columns. A column starts narrow and is made over where a cell does not fit in it, which happens a few times at most;
 * so a file of any shape costs about what it holds, and nothing is read twice. */

enum { FIRST_ROWS = 256, FIRST_SLOTS = 64, FEW_TEXTS = 4096 };
static const int64_t SHORT_MAX = INT64_C(999999999999999), WHOLE_MAX = INT64_C(9007199254740991);

static void drop(remit_dataset_builder *b, void *block, size_t size) {
  free(block);
  b->bytes -= size;
}

static size_t cell_size(const remit_column *column) { return column->form == REMIT_CELL_DOUBLE ? 8 : column->width; }

/* Rows have room for half as many again: a large block grows in place. */
bool remit_grow_rows(remit_dataset_builder *b) {
  uint32_t room = b->room ? b->room + b->room / 2 : FIRST_ROWS;
  if (room > UINT32_MAX / 4) return remit_builder_no_memory(b);
  for (uint32_t i = 0; i < b->dataset->column_count; i++) {
    remit_column *column = &b->dataset->columns[i];
    size_t size = column->form == REMIT_CELL_TEXT ? sizeof *column->ends : cell_size(column);
    void *block = column->form == REMIT_CELL_TEXT ? (void *)column->ends : column->cells;
    block = remit_builder_resize(b, block, b->room * size, room * size);
    if (!block) return false;
    if (column->form == REMIT_CELL_TEXT) column->ends = block;
    else column->cells = block;
  }
  b->room = room;
  return true;
}

/* ---- Whole numbers */

static void store(remit_column *column, uint32_t row, int64_t value) {
  bool empty = value == INT64_MIN;
  switch (column->width) {
  case 1: ((int8_t *)column->cells)[row] = empty ? INT8_MIN : (int8_t)value; break;
  case 2: ((int16_t *)column->cells)[row] = empty ? INT16_MIN : (int16_t)value; break;
  case 4: ((int32_t *)column->cells)[row] = empty ? INT32_MIN : (int32_t)value; break;
  default: ((int64_t *)column->cells)[row] = value;
  }
}

/* Of a magnitude; the least number of each width is taken. */
static uint8_t width_of(int64_t value) {
  int64_t most = value < 0 ? -value : value;
  return most <= INT8_MAX ? 1 : most <= INT16_MAX ? 2 : most <= INT32_MAX ? 4 : 8;
}

/* Makes the cells over with that width, each times `scale`. */
static bool make_over(remit_dataset_builder *b, remit_column *column, uint8_t width, int64_t scale) {
  remit_column wide = *column;
  wide.width = width;
  wide.cells = remit_builder_resize(b, NULL, 0, (size_t)b->room * width);
  if (!wide.cells) return false;
  for (uint32_t row = 0; row < b->dataset->rows; row++) {
    int64_t value = remit_cell_whole(column, row);
    store(&wide, row, value == INT64_MIN ? value : value * scale);
  }
  drop(b, column->cells, (size_t)b->room * column->width);
  *column = wide;
  return true;
}

static bool put_whole(remit_dataset_builder *b, remit_column *column, int64_t value) {
  if (value != INT64_MIN) {
    uint8_t width = width_of(value);
    if (width > column->width && !make_over(b, column, width, 1)) return false;
  }
  store(column, b->dataset->rows, value);
  return true;
}

/* ---- Numbers: whole ones by a power of ten that all cells share, or else doubles */

static bool to_doubles(remit_dataset_builder *b, remit_column *column) {
  uint64_t *cells = remit_builder_resize(b, NULL, 0, (size_t)b->room * sizeof *cells);
  if (!cells) return false;
  for (uint32_t row = 0; row < b->dataset->rows; row++) {
    remit_value value;
    remit_cell_value(column, row, &value);
    if (value.kind == REMIT_VALUE_NIL) cells[row] = remit_empty_double_bits();
    else memcpy(&cells[row], &value.number, sizeof value.number);
  }
  drop(b, column->cells, (size_t)b->room * column->width);
  column->cells = cells;
  column->form = REMIT_CELL_DOUBLE;
  return true;
}

/* value * 10^places, where that stays a short value's coefficient. */
static bool scale_up(int64_t value, int32_t by, int32_t places, int64_t *out) {
  int64_t limit = places ? SHORT_MAX : WHOLE_MAX;
  for (; by > 0; by--)
    if (__builtin_mul_overflow(value, (int64_t)10, &value)) return false;
  *out = value;
  return value <= limit && value >= -limit;
}

/* A short value: coefficient / 10^places. */
static bool put_short(remit_dataset_builder *b, uint32_t i, int64_t coefficient, int32_t places) {
  remit_column *column = &b->dataset->columns[i];
  remit_growing *g = &b->growing[i];
  int64_t value;
  if (column->form == REMIT_CELL_WHOLE && places > column->places) {
    int32_t by = places - column->places;
    int64_t most, power;
    if (places <= 15 && scale_up(g->most, by, places, &most) && scale_up(1, by, 0, &power)) {
      uint8_t width = width_of(most);
      if (!make_over(b, column, width > column->width ? width : column->width, power)) return false;
      column->places = (uint8_t)places;
      g->most = most;
    } else if (!to_doubles(b, column)) {
      return false;
    }
  }
  if (column->form == REMIT_CELL_WHOLE) {
    if (scale_up(coefficient, column->places - places, column->places, &value)) {
      int64_t magnitude = value < 0 ? -value : value;
      if (magnitude > g->most) g->most = magnitude;
      return put_whole(b, column, value);
    }
    if (!to_doubles(b, column)) return false;
  }
  double number = (double)coefficient;
  if (places) number /= remit_power_of_ten[places];
  ((double *)column->cells)[b->dataset->rows] = number;
  return true;
}

static bool put_long(remit_dataset_builder *b, uint32_t i, const remit_decimal *value) {
  remit_column *column = &b->dataset->columns[i];
  remit_growing *g = &b->growing[i];
  if (column->form == REMIT_CELL_WHOLE && !to_doubles(b, column)) return false;
  if (column->long_count == g->longs_room) {
    uint32_t room = g->longs_room ? g->longs_room + g->longs_room / 2 : 16;
    remit_decimal *longs = remit_builder_resize(b, column->longs, g->longs_room * sizeof *longs, room * sizeof *longs);
    if (!longs) return false;
    column->longs = longs;
    g->longs_room = room;
  }
  column->longs[column->long_count] = *value;
  ((uint64_t *)column->cells)[b->dataset->rows] = remit_long_double_bits(column->long_count++);
  return true;
}

/* Most numbers of a file: up to 15 digits. No zeros are left behind the point. False for all else, numbers or not. */
static bool read_short(const char *text, size_t length, int64_t *coefficient, int32_t *places) {
  const char *at = text, *end = text + length;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (end - at > 16 || at == end) return false;
  int64_t value = 0;
  int32_t digits = 0, behind = -1;
  for (; at < end; at++) {
    if (*at == '.') {
      if (behind >= 0) return false;
      behind = 0;
      continue;
    }
    if ((unsigned char)(*at - '0') > 9) return false;
    value = value * 10 + (*at - '0');
    digits++;
    if (behind >= 0) behind++;
  }
  if (digits < 1 || digits > 15 || behind == 0) return false;
  if (behind < 0) behind = 0;
  while (behind > 0 && value % 10 == 0) value /= 10, behind--;
  *coefficient = negative ? -value : value;
  *places = behind;
  return true;
}

static bool put_number(remit_dataset_builder *b, uint32_t i, const char *text, size_t length, bool *fits) {
  const remit_type *type = &b->dataset->columns[i].type;
  int64_t coefficient;
  int32_t places;
  remit_decimal value;
  double number;
  if (!type->long_bounds && read_short(text, length, &coefficient, &places)) {
    number = (double)coefficient;
    if (places) number /= remit_power_of_ten[places];
    *fits = number >= type->low && number <= type->high && (!places || type->kind != REMIT_INTEGER);
    return *fits && put_short(b, i, coefficient, places);
  }
  *fits = remit_decimal_parse(text, length, false, &value) == REMIT_DECIMAL_OK && remit_type_takes_number(type, &value);
  if (!*fits) return false;
  if (type->kind == REMIT_INTEGER) {
    *fits = remit_decimal_to_int64(&value, &coefficient) && coefficient <= WHOLE_MAX && coefficient >= -WHOLE_MAX;
    return *fits && put_short(b, i, coefficient, 0);
  }
  if (!remit_decimal_to_double(&value, &number)) return put_long(b, i, &value);
  return remit_short_split(number, &coefficient, &places) ? put_short(b, i, coefficient, places) : put_long(b, i, &value);
}

/* ---- Texts: each distinct one once, until most of them are */

static bool add_bytes(remit_dataset_builder *b, remit_column *column, remit_growing *g, const char *text, size_t length) {
  if (length > g->bytes_room - g->bytes_used) {
    uint64_t wanted = (uint64_t)g->bytes_used + length, room = g->bytes_room + (uint64_t)g->bytes_room / 2;
    if (room < wanted) room = wanted + 64;
    if (room > UINT32_MAX) return remit_builder_no_memory(b);
    uint8_t *bytes = remit_builder_resize(b, column->bytes, g->bytes_room, room);
    if (!bytes) return false;
    column->bytes = bytes;
    g->bytes_room = (uint32_t)room;
  }
  memcpy(column->bytes + g->bytes_used, text, length);
  g->bytes_used += (uint32_t)length;
  return true;
}

static bool same_text(const remit_column *column, uint32_t place, const char *text, size_t length) {
  size_t other_length;
  const char *other = remit_counted_text(column->bytes + place, &other_length);
  return other_length == length && memcmp(other, text, length) == 0;
}

/* The slot of a text, or the empty one where it belongs. */
static uint32_t find_slot(const remit_column *column, const remit_growing *g, const char *text, size_t length) {
  uint32_t mask = g->slot_count - 1, at = (uint32_t)remit_bytes_hash(text, length) & mask;
  while (g->slots[at] && !same_text(column, g->slots[at] - 1, text, length)) at = (at + 1) & mask;
  return at;
}

static bool grow_slots(remit_dataset_builder *b, remit_column *column, remit_growing *g) {
  uint32_t count = g->slot_count ? g->slot_count * 2 : FIRST_SLOTS;
  uint32_t *slots = remit_builder_resize(b, NULL, 0, count * sizeof *slots);
  if (!slots) return false;
  memset(slots, 0, count * sizeof *slots);
  drop(b, g->slots, g->slot_count * sizeof *slots);
  g->slots = slots;
  g->slot_count = count;
  for (uint32_t place = 0; place < g->bytes_used;) {
    size_t length;
    const char *text = remit_counted_text(column->bytes + place, &length);
    g->slots[find_slot(column, g, text, length)] = place + 1;
    place = (uint32_t)((const uint8_t *)text + length - column->bytes);
  }
  return true;
}

static void drop_slots(remit_dataset_builder *b, remit_growing *g) {
  drop(b, g->slots, g->slot_count * sizeof *g->slots);
  g->slots = NULL;
  g->slot_count = 0;
}

/* Every row gets its own text. */
static bool to_texts(remit_dataset_builder *b, remit_column *column, remit_growing *g) {
  remit_column plain = *column;
  remit_growing fresh = *g;
  plain.form = REMIT_CELL_TEXT;
  plain.bytes = NULL;
  plain.cells = NULL;
  fresh.bytes_room = fresh.bytes_used = 0;
  plain.ends = remit_builder_resize(b, NULL, 0, (size_t)b->room * sizeof *plain.ends);
  if (!plain.ends) return false;
  for (uint32_t row = 0; row < b->dataset->rows; row++) {
    remit_value value;
    remit_cell_value(column, row, &value);
    if (value.kind == REMIT_VALUE_TEXT && !add_bytes(b, &plain, &fresh, value.text, value.length)) {
      drop(b, plain.bytes, fresh.bytes_room);
      drop(b, plain.ends, (size_t)b->room * sizeof *plain.ends);
      return false;
    }
    plain.ends[row] = fresh.bytes_used;
  }
  drop_slots(b, &fresh);
  drop(b, column->bytes, g->bytes_room);
  drop(b, column->cells, (size_t)b->room * column->width);
  *column = plain;
  *g = fresh;
  return true;
}

static bool put_text(remit_dataset_builder *b, uint32_t i, const char *text, size_t length) {
  remit_column *column = &b->dataset->columns[i];
  remit_growing *g = &b->growing[i];
  uint32_t rows = b->dataset->rows;
  if (column->form == REMIT_CELL_WHOLE && g->text_count >= g->slot_count / 4 * 3) {
    bool many = g->text_count > FEW_TEXTS && g->text_count > rows / 2;
    if (!(many ? to_texts(b, column, g) : grow_slots(b, column, g))) return false;
  }
  if (column->form == REMIT_CELL_TEXT) {
    if (!add_bytes(b, column, g, text, length)) return false;
    column->ends[rows] = g->bytes_used;
    return true;
  }
  uint32_t slot = find_slot(column, g, text, length);
  if (!g->slots[slot]) {
    uint32_t place = g->bytes_used, long_length = (uint32_t)length;
    char head[1 + sizeof long_length] = {(char)(length < UINT8_MAX ? length : UINT8_MAX)};
    memcpy(head + 1, &long_length, sizeof long_length);
    if (!add_bytes(b, column, g, head, length < UINT8_MAX ? 1 : sizeof head) || !add_bytes(b, column, g, text, length)) return false;
    g->slots[slot] = place + 1;
    g->text_count++;
  }
  return put_whole(b, column, (int64_t)g->slots[slot] - 1);
}

static bool put_empty(remit_dataset_builder *b, uint32_t i) {
  remit_column *column = &b->dataset->columns[i];
  uint32_t row = b->dataset->rows;
  switch (column->form) {
  case REMIT_CELL_WHOLE: store(column, row, INT64_MIN); break;
  case REMIT_CELL_DOUBLE: ((uint64_t *)column->cells)[row] = remit_empty_double_bits(); break;
  case REMIT_CELL_TEXT: column->ends[row] = b->growing[i].bytes_used; break;
  }
  return true;
}

/* ---- Any cell */

bool remit_grow_cell(remit_dataset_builder *b, uint32_t i, const char *text, size_t length, bool *fits) {
  remit_column *column = &b->dataset->columns[i];
  remit_type *type = &column->type;
  *fits = true;
  if (!length && type->optional) return put_empty(b, i);
  switch (type->kind) {
  case REMIT_INTEGER: case REMIT_NUMBER: case REMIT_MONEY: return put_number(b, i, text, length, fits);
  case REMIT_TEXT:
    *fits = remit_type_takes_text(type, text, length);
    return *fits && put_text(b, i, text, length);
  case REMIT_TIMESTAMP: {
    char canonical[32];
    length = remit_timestamp_parse(text, length, canonical);
    *fits = length > 0;
    return *fits && put_text(b, i, canonical, length);
  }
  case REMIT_DATE: {
    remit_date date;
    *fits = remit_date_parse(text, length, &date);
    return *fits && put_whole(b, column, remit_days_from_date(date));
  }
  case REMIT_BOOLEAN: {
    bool yes = length == 4 && memcmp(text, "true", 4) == 0;
    *fits = yes || (length == 5 && memcmp(text, "false", 5) == 0);
    return *fits && put_whole(b, column, yes);
  }
  case REMIT_ENUM:
    for (uint32_t n = 0, k = type->last_value; n < type->value_count; n++, k = k + 1 < type->value_count ? k + 1 : 0)
      if (type->values[k].length == length && memcmp(type->values[k].bytes, text, length) == 0) {
        type->last_value = k;
        return put_whole(b, column, k);
      }
    *fits = false;
    return false;
  default:
    *fits = false;
    return false;
  }
}

static bool fit(remit_dataset_builder *b, void *block, size_t room, size_t used) {
  void *kept = *(void **)block, *fitted = remit_builder_resize(b, kept, room, used);
  if (fitted) *(void **)block = fitted;
  return fitted != NULL;
}

bool remit_grow_trim(remit_dataset_builder *b, uint32_t i) {
  remit_column *column = &b->dataset->columns[i];
  remit_growing *g = &b->growing[i];
  size_t rows = b->dataset->rows, room = b->room, size = cell_size(column);
  bool plain = column->form == REMIT_CELL_TEXT;
  drop_slots(b, g);
  return (plain ? fit(b, &column->ends, room * sizeof *column->ends, rows * sizeof *column->ends)
                : fit(b, &column->cells, room * size, rows * size)) &&
         fit(b, &column->bytes, g->bytes_room, g->bytes_used) &&
         fit(b, &column->longs, g->longs_room * sizeof *column->longs, column->long_count * sizeof *column->longs);
}
