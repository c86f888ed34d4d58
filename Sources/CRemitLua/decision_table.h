/* Decision tables: a spreadsheet's rules, compiled. table_read.c reads the file, table_cell.c its cells, table_index.c makes the index
 * that table_search.c asks, table_decide.c decides.
 *
 * All that a table is made of lies in Lua userdata that its `slots` hold, beside the texts that it names. */
#ifndef REMIT_DECISION_TABLE_H
#define REMIT_DECISION_TABLE_H

#include "machine.h"

/* DMN's hit policies: which of the rules that match count. */
typedef enum remit_hit {
  REMIT_HIT_UNIQUE, REMIT_HIT_ANY, REMIT_HIT_PRIORITY, REMIT_HIT_FIRST, REMIT_HIT_RULE_ORDER, REMIT_HIT_OUTPUT_ORDER,
  REMIT_HIT_COLLECT, REMIT_HIT_SUM, REMIT_HIT_MIN, REMIT_HIT_MAX, REMIT_HIT_COUNT,
} remit_hit;

/* ---- Values: of literals, inputs and params */

typedef enum remit_scalar_kind {
  REMIT_SCALAR_NIL, REMIT_SCALAR_NUMBER, REMIT_SCALAR_TEXT, REMIT_SCALAR_BOOLEAN,
  REMIT_SCALAR_OTHER,         /* a table or a function: equal to nothing */
  REMIT_SCALAR_PARAM,         /* of a literal: a param's name stands there */
} remit_scalar_kind;

typedef struct remit_scalar {
  uint8_t kind;
  bool yes;                   /* a boolean's value */
  bool wide;                  /* a number that is no short decimal: as.decimal */
  bool whole;                 /* a number that is a Lua integer */
  uint32_t length;            /* of a text; of a param its place among the table's words */
  int32_t slot;               /* of a literal: where Lua's value is, 0 where it is made anew */
  uint32_t rank;              /* of an output: its place among the column's values */
  union {
    double number;
    const remit_decimal *decimal;
    const char *text;
  } as;
} remit_scalar;

/* Reads the value at `index`; what it points to is held by that place of the stack. Raises for an integer out of range. */
remit_scalar remit_read_scalar(lua_State *L, int index);
/* False where they are of two types, or of one that nothing is equal to; booleans are equal or not. */
bool remit_scalar_compare(const remit_scalar *a, const remit_scalar *b, int *order);

/* ---- Tests */

typedef enum remit_test_kind {
  REMIT_TEST_EQUAL, REMIT_TEST_LESS, REMIT_TEST_AT_MOST, REMIT_TEST_MORE, REMIT_TEST_AT_LEAST, REMIT_TEST_BETWEEN, REMIT_TEST_NULL,
  REMIT_TEST_NOT,             /* of the `low` tests behind it */
} remit_test_kind;

typedef struct remit_test {
  uint8_t kind;
  bool low_open, high_open;   /* of an interval */
  uint32_t low, high;         /* literals */
} remit_test;

/* Tests of which any may hold. Number 0 is `-`, which everything matches. Equal cells of a column are one. */
typedef struct remit_cell {
  uint32_t first, count;
} remit_cell;

/* ---- The table */

/* What the row named `check` says of a column: where one input rises or falls, so does each output, or it stays. */
typedef enum remit_trend { REMIT_TREND_NONE, REMIT_TREND_RISES, REMIT_TREND_FALLS } remit_trend;

typedef struct remit_table_input {
  uint32_t first_part, part_count;  /* of its path */
  uint32_t first_value, value_count;  /* literals: its `values` */
  remit_trend trend;
  int32_t name;               /* slot: the path as the header has it */
} remit_table_input;

typedef struct remit_table_output {
  int32_t name;               /* slot */
  uint32_t first_value, value_count;  /* literals: its `values` */
  remit_trend trend;
} remit_table_output;

/* A bare word: a param's name, or one of its column's values. The first place where it stands. */
typedef struct remit_table_word {
  int32_t name, column;       /* slots */
  int64_t line;
  bool is_value;
} remit_table_word;

/* A rule is a row of numbers: name's slot or 0, row in the file, cells by input, literals by output (0: left out). */
enum { REMIT_RULE_NAME, REMIT_RULE_LINE, REMIT_RULE_CELLS };

typedef struct remit_table_index remit_table_index;

typedef struct remit_decision_table {
  const char *file;
  remit_hit hit;
  uint32_t input_count, output_count, rule_count, word_count, param_count, cell_count, literal_count, stride;
  remit_table_input *inputs;
  remit_table_output *outputs;
  int32_t *parts;             /* slots of the names in paths */
  remit_table_word *words;
  remit_scalar *literals;
  remit_test *tests;
  remit_cell *cells;
  uint32_t *rules;
  remit_table_index *index;
  /* What a call works on. No Lua code runs while they are in use, so calls need not share. */
  remit_scalar *values;       /* by input */
  remit_scalar *given;        /* by word */
  uint32_t *matched, *spare;  /* rules, from 0 */
} remit_decision_table;

/* record, params -> outputs, rows. Upvalues: the table, its slots. */
int remit_table_decide(lua_State *L);

/* ---- Checking (table_check.c) */

/* Appends to the array of findings in `out` what is wrong with the rules of the table at the top of the stack, a function that
 * remit_table_decide runs. Params have the policy's defaults. `work` bounds the search, and is less by what it took. */
void remit_table_check(lua_State *L, const remit_policy *policy, remit_buffer *out, int64_t *work);

/* ---- Reading */

/* Items of one size that become more: a userdata in the slots, replaced by a larger one. */
typedef struct remit_pile {
  void *items;
  uint32_t count, capacity, size;
  int32_t slot;
} remit_pile;

typedef enum remit_column_kind { REMIT_COLUMN_INPUT, REMIT_COLUMN_OUTPUT, REMIT_COLUMN_ARROW, REMIT_COLUMN_COMMENT } remit_column_kind;

typedef struct remit_column {
  remit_column_kind kind;
  int32_t name;               /* slot */
  uint32_t first_value, value_count;
  remit_trend trend;
} remit_column;

typedef struct remit_table_reader {
  lua_State *L;
  const char *file;
  remit_hit hit;
  int64_t line;               /* of the row that is read */
  int slots, words_seen, cells_seen;  /* places on the stack */
  int32_t slot_count;
  const remit_column *column; /* of the cell that is read; NULL: none */
  uint32_t param_count;
  remit_pile columns, inputs, outputs, parts, words, literals, tests, cells, rules;
} remit_table_reader;

/* `count` more items, zeroed; the first of them. Pointers into the pile are void from then on. */
void *remit_pile_add(remit_table_reader *r, remit_pile *pile, uint32_t count);
/* Keeps the value at the top of the stack, which it pops. */
int32_t remit_table_keep(remit_table_reader *r);
/* Raises with file, row and column in front. */
_Noreturn void remit_table_refuse(remit_table_reader *r, const char *why);
/* Takes the white space off both ends. */
void remit_trim(const char **text, size_t *length);

/* Each reads one cell of the reader's column. */
uint32_t remit_read_tests(remit_table_reader *r, const char *text, size_t length);    /* a cell's number */
uint32_t remit_read_output(remit_table_reader *r, const char *text, size_t length);   /* a literal's number, or 0 */
void remit_read_values(remit_table_reader *r, const char *text, size_t length, remit_column *column);

#endif
