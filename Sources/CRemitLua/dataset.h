/* Datasets in memory: columns of typed cells, and indexes over them. No Lua; see dataset.c for what policies see. */
#ifndef REMIT_DATASET_COLUMNS_H
#define REMIT_DATASET_COLUMNS_H

#include <pthread.h>

#include "declare.h"
#include "remit_dataset.h"

enum { REMIT_COLUMNS_MAX = REMIT_FIELDS_MAX };

/* A set of columns by number. */
typedef struct remit_column_set {
  uint64_t bits[REMIT_COLUMNS_MAX / 64];
} remit_column_set;

static inline void remit_column_set_add(remit_column_set *set, uint32_t column) {
  set->bits[column / 64] |= UINT64_C(1) << column % 64;
}
static inline bool remit_column_set_has(const remit_column_set *set, uint32_t column) {
  return set->bits[column / 64] >> column % 64 & 1;
}
static inline bool remit_column_set_equal(const remit_column_set *a, const remit_column_set *b) {
  return memcmp(a, b, sizeof *a) == 0;
}

/* How a column holds its cells. */
typedef enum remit_cell_form {
  /* Whole numbers, as narrow as all of them allow; the least of that width stands for an empty cell. They are integers; numbers
   * by 10^places; days; a boolean; the place of an enum's value; where a text begins among the column's distinct ones. */
  REMIT_CELL_WHOLE,
  REMIT_CELL_DOUBLE,          /* short decimals of any scale; two kinds of NaN stand for an empty cell and for a long decimal */
  REMIT_CELL_TEXT,            /* where the row's text ends among all texts */
} remit_cell_form;

typedef struct remit_column {
  char *name;                 /* NUL behind it */
  uint32_t name_length;
  remit_type type;            /* its enum's values are the column's own */
  remit_cell_form form;
  uint8_t width;              /* of WHOLE, in bytes */
  uint8_t places;             /* of numbers in WHOLE */
  void *cells;

  /* Texts: of every row one behind the other, or in WHOLE each distinct one once, behind its length. */
  uint8_t *bytes;
  uint32_t *ends;             /* of TEXT */
  remit_decimal *longs;       /* of DOUBLE */
  uint32_t long_count;
} remit_column;

/* A row before which the file's numbering skips lines, and its line. */
typedef struct remit_line_jump {
  uint32_t row;
  int64_t line;
} remit_line_jump;

struct remit_index;

struct remit_dataset {
  remit_column *columns;      /* by name */
  uint32_t column_count;
  uint32_t rows;
  remit_line_jump *jumps;     /* the first one is that of row 0 */
  uint32_t jump_count;
  int32_t from, to;           /* the columns of that name, where they are days or times, else -1 */
  size_t bytes;
  pthread_mutex_t lock;       /* of the list */
  struct remit_index *indexes;
  size_t index_bytes;
};

/* Where the row stands in the file, from 1. */
int64_t remit_dataset_line(const remit_dataset *dataset, uint32_t row);

enum { REMIT_NO_ROW = UINT32_MAX };
/* Days outside of the calendar: open ends. */
enum { REMIT_DAY_FIRST = INT32_MIN, REMIT_DAY_LAST = INT32_MAX };

/* Two numbers into one whose bits all depend on both. The data is the administrator's own, so nobody has to be kept out. */
static inline uint64_t remit_mix(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)(a ^ UINT64_C(0x9E3779B97F4A7C15)) * (b ^ UINT64_C(0xD1B54A32D192ED03));
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* ---- dataset_cells.c: what stands in a cell */

uint64_t remit_bytes_hash(const void *bytes, size_t length);

typedef enum remit_value_kind {
  REMIT_VALUE_NIL, REMIT_VALUE_INTEGER, REMIT_VALUE_DOUBLE, REMIT_VALUE_LONG, REMIT_VALUE_BOOLEAN, REMIT_VALUE_TEXT,
  REMIT_VALUE_DAY, REMIT_VALUE_ENUM,
} remit_value_kind;

/* A cell's value, or what a cell is compared with. Texts belong to the column. */
typedef struct remit_value {
  remit_value_kind kind;
  int64_t whole;              /* an integer, 0 or 1, a day, the place of an enum's value */
  double number;
  const remit_decimal *decimal;
  const char *text;
  size_t length;
} remit_value;

/* The bits of the NaNs in a column of doubles. */
uint64_t remit_empty_double_bits(void);
uint64_t remit_long_double_bits(uint32_t number);

/* The rows of a large dataset are in no cache: asking for all cells at once takes as long as asking for one. */
static inline void remit_cell_prefetch(const remit_column *column, uint32_t row) {
  if (column->form == REMIT_CELL_TEXT) __builtin_prefetch(column->ends + row);
  else __builtin_prefetch((const uint8_t *)column->cells + (size_t)row * (column->form == REMIT_CELL_DOUBLE ? 8 : column->width));
}

/* A text behind its length: a byte, or for longer ones 255 and four bytes. */
static inline const char *remit_counted_text(const uint8_t *at, size_t *length) {
  if (at[0] < UINT8_MAX) {
    *length = at[0];
    return (const char *)at + 1;
  }
  uint32_t long_length;
  memcpy(&long_length, at + 1, sizeof long_length);
  *length = long_length;
  return (const char *)at + 1 + sizeof long_length;
}

int64_t remit_cell_whole(const remit_column *column, uint32_t row);  /* INT64_MIN for an empty cell */
void remit_cell_value(const remit_column *column, uint32_t row, remit_value *out);
bool remit_cells_equal(const remit_column *column, uint32_t row, uint32_t other);
uint64_t remit_cell_hash(const remit_column *column, uint32_t row);
/* The day of a row's `from` or `to`; `open` where the cell is empty. */
int32_t remit_cell_day(const remit_column *column, uint32_t row, int32_t open);

/* What a column's cells are compared with, in the form that they have. */
typedef struct remit_cell_key {
  uint32_t column;
  bool never;                 /* no cell of the column can hold it */
  int64_t whole;
  double number;
  remit_decimal decimal;      /* of DOUBLE, where `number` is NaN */
  const char *text;
  size_t length;
} remit_cell_key;

void remit_cell_key_number(remit_cell_key *key, const remit_column *column, const remit_decimal *value);
void remit_cell_key_text(remit_cell_key *key, const remit_column *column, const char *text, size_t length);
void remit_cell_key_boolean(remit_cell_key *key, const remit_column *column, bool value);
bool remit_cell_key_matches(const remit_cell_key *key, const remit_column *column, uint32_t row);
uint64_t remit_cell_key_hash(const remit_cell_key *key, const remit_column *column);

/* ---- dataset_index.c */

typedef struct remit_index remit_index;

/* The rows in which the keys of an index stand: `first` alone, or those from `rows` in the order of the file. */
typedef struct remit_row_group {
  uint32_t first;             /* REMIT_NO_ROW: there are none */
  const uint32_t *rows;
  uint32_t count;
  uint32_t number;            /* of a group of several */
} remit_row_group;

/* The index over that set of columns, made where there is none yet; NULL where memory runs out. Any thread may ask. */
const remit_index *remit_dataset_index(remit_dataset *dataset, const remit_column_set *columns);
/* The bytes that the index holds. */
size_t remit_index_bytes(const remit_index *index);
/* One key for each column of the index, by number. */
void remit_index_find(
  const remit_dataset *dataset, const remit_index *index, const remit_cell_key *keys, uint32_t count, remit_row_group *out);
/* The first of a group's rows in the order of the file that is in force on that day, or REMIT_NO_ROW. */
uint32_t remit_index_at(const remit_dataset *dataset, const remit_index *index, const remit_row_group *group, int32_t day);
/* The first row whose cells in these columns are those of an earlier one, and that one. False where there is none or memory runs
 * out, which `failed` tells apart. */
bool remit_dataset_repeats(
  const remit_dataset *dataset, const remit_column_set *columns, uint32_t *row, uint32_t *earlier, bool *failed);
void remit_dataset_free_indexes(remit_dataset *dataset);

/* True where the row is in force on all days from `low` to `high`: from <= low and high <= to. */
static inline bool remit_row_holds(const remit_dataset *dataset, uint32_t row, int32_t low, int32_t high) {
  return (dataset->from < 0 || remit_cell_day(&dataset->columns[dataset->from], row, REMIT_DAY_FIRST) <= low) &&
         (dataset->to < 0 || high <= remit_cell_day(&dataset->columns[dataset->to], row, REMIT_DAY_LAST));
}

/* ---- decode.c: what a type takes */
bool remit_type_takes_number(const remit_type *type, const remit_decimal *value);  /* by its bounds */
bool remit_type_takes_text(const remit_type *type, const char *bytes, size_t length);  /* of a text: by the number of characters */

/* ---- dataset_build.c, dataset_grow.c */

/* What a builder takes; the types, and the enums' texts in them, are copied. The builder sorts the columns by name. */
typedef struct remit_declared_column {
  const char *name;
  size_t length;
  const remit_type *type;
} remit_declared_column;

/* Why a file is refused. */
typedef struct remit_dataset_problem {
  int64_t line;
  bool memory;                /* ran out, or the limit would be passed */
  const remit_column *column; /* of a cell that does not fit its type: then `cell` is it */
  const char *cell;
  size_t cell_length;
  char words[512];            /* of anything else */
} remit_dataset_problem;

/* `unique` is a set of columns by their numbers in the order of names, or NULL. NULL where memory runs out. */
remit_dataset_builder *remit_dataset_builder_create(
  const remit_declared_column *columns, uint32_t count, const remit_column_set *unique, size_t bytes_max);
const remit_column *remit_dataset_builder_columns(const remit_dataset_builder *builder);
const remit_dataset_problem *remit_dataset_builder_problem(const remit_dataset_builder *builder);  /* NULL: none */
void remit_dataset_builder_free(remit_dataset_builder *builder);

#endif
