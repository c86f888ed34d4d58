#include <string.h>

#include "decision_table.h"

/* A cell of a decision table -> tests and literals.
 *
 *   cell     = "-" | "" | tests
 *   tests    = test { "," test }
 *   test     = "null" | "not" "(" tests ")" | ("<" | "<=" | ">" | ">=") literal | interval | literal
 *   interval = ("[" | "(" | "]") literal ".." literal ("]" | ")" | "[")
 *   literal  = number | '"' text '"' | "true" | "false" | date | "date" "(" '"' date '"' ")" | word
 *
 * A word is a param's name or one of the column's values; which params there are is known when the policy has been read. */

enum { NOT_DEPTH_MAX = 16, SHOWN_MAX = 60 };

typedef struct cursor {
  remit_table_reader *r;
  const char *at, *end;
} cursor;

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

void remit_trim(const char **text, size_t *length) {
  while (*length && is_space(**text)) ++*text, --*length;
  while (*length && is_space((*text)[*length - 1])) --*length;
}

static void skip_space(cursor *c) {
  while (c->at < c->end && is_space(*c->at)) c->at++;
}

static bool next_is(cursor *c, char wanted) {
  skip_space(c);
  return c->at < c->end && *c->at == wanted;
}

static bool take(cursor *c, char wanted) {
  if (!next_is(c, wanted)) return false;
  c->at++;
  return true;
}

/* Pushes bytes of the file for a message, cut where they are many. */
static const char *show(cursor *c, const char *bytes, size_t length) {
  size_t clipped;
  remit_message_clip(bytes, length, SHOWN_MAX, &clipped);
  lua_pushlstring(c->r->L, bytes, clipped);
  return lua_pushfstring(c->r->L, "%s%s", lua_tostring(c->r->L, -1), clipped < length ? "…" : "");
}

static _Noreturn void expected(cursor *c, const char *what) {
  skip_space(c);
  if (c->at == c->end) remit_table_refuse(c->r, lua_pushfstring(c->r->L, "expected %s, but the cell ends", what));
  remit_table_refuse(c->r, lua_pushfstring(c->r->L, "expected %s, got %s", what, show(c, c->at, (size_t)(c->end - c->at))));
}

/* ---- Literals */

static uint32_t add_literal(cursor *c, remit_scalar literal) {
  *(remit_scalar *)remit_pile_add(c->r, &c->r->literals, 1) = literal;
  return c->r->literals.count - 1;
}

static const remit_scalar *literal_at(cursor *c, uint32_t number) {
  return (const remit_scalar *)c->r->literals.items + number;
}

/* The text at the top of the stack, which it pops. */
static uint32_t add_text(cursor *c) {
  remit_scalar literal = {.kind = REMIT_SCALAR_TEXT};
  size_t length;
  literal.as.text = lua_tolstring(c->r->L, -1, &length);
  literal.length = (uint32_t)length;
  literal.slot = remit_table_keep(c->r);
  return add_literal(c, literal);
}

static uint32_t add_number(cursor *c, const remit_decimal *value) {
  remit_scalar literal = {.kind = REMIT_SCALAR_NUMBER};
  if (!remit_decimal_to_double(value, &literal.as.number)) {
    literal.wide = true;
    remit_push_decimal(c->r->L, value);
    literal.as.decimal = lua_touserdata(c->r->L, -1);
    literal.slot = remit_table_keep(c->r);
  }
  return add_literal(c, literal);
}

/* Notes the word, which stands on the top of the stack and is popped. Returns its number. */
static uint32_t add_word(cursor *c, bool is_value) {
  remit_table_reader *r = c->r;
  lua_State *L = r->L;
  lua_pushstring(L, is_value ? "=" : "");
  lua_pushvalue(L, -2);
  lua_concat(L, 2);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, r->words_seen) == LUA_TNIL) {
    uint32_t number = r->words.count;
    remit_table_word *word = remit_pile_add(r, &r->words, 1);
    *word = (remit_table_word){.column = r->column->name, .line = r->line, .is_value = is_value};
    lua_pushvalue(L, -3);
    word->name = remit_table_keep(r);
    if (!is_value) r->param_count++;
    lua_pop(L, 1);
    lua_pushinteger(L, number);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, r->words_seen);
  }
  uint32_t number = (uint32_t)lua_tointeger(L, -1);
  lua_pop(L, 3);
  return number;
}

/* At the opening quote. A quote or a backslash in the text has a backslash in front. */
static uint32_t read_quoted(cursor *c) {
  lua_State *L = c->r->L;
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  const char *opening = c->at++;
  for (; c->at < c->end && *c->at != '"'; c->at++) {
    if (*c->at == '\\' && (++c->at == c->end || (*c->at != '"' && *c->at != '\\')))
      remit_table_refuse(c->r, "a backslash in a text is written \\\\, a quote \\\"");
    luaL_addchar(&text, *c->at);
  }
  if (c->at == c->end) {
    c->at = opening;
    expected(c, "a text with a quote at both ends");
  }
  c->at++;
  luaL_pushresult(&text);
  return add_text(c);
}

/* What stands there up to a sign that parts literals. */
static size_t run_length(cursor *c) {
  const char *p = c->at;
  while (p < c->end && !strchr(",()[]\"<>=", *p ? *p : '?') && !(*p == '.' && p + 1 < c->end && p[1] == '.')) p++;
  while (p > c->at && is_space(p[-1])) p--;
  return (size_t)(p - c->at);
}

static bool is_word(const char *run, size_t length, const char *word) {
  return length == strlen(word) && memcmp(run, word, length) == 0;
}

static bool is_name(const char *run, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)run[i], letter = byte | 0x20;
    if (byte < 0x80 && byte != '_' && !(letter >= 'a' && letter <= 'z') && !(i > 0 && is_digit(run[i]))) return false;
  }
  return length > 0;
}

/* A number, with or without spaces behind its sign. */
static remit_decimal_status parse_number(const char *run, size_t length, remit_decimal *out) {
  bool sign = length > 0 && (*run == '-' || *run == '+'), negative = sign && *run == '-';
  if (sign) run++, length--;
  while (length && is_space(*run)) run++, length--;
  if (length && (*run == '-' || *run == '+')) return REMIT_DECIMAL_SYNTAX;
  remit_decimal_status status = remit_decimal_parse(run, length, false, out);
  if (status == REMIT_DECIMAL_OK && negative && (out->hi || out->lo)) out->negative = true;
  return status;
}

/* Whether the column's `values` have this text. */
static bool is_value(cursor *c, const char *run, size_t length) {
  const remit_column *column = c->r->column;
  remit_scalar word = {.kind = REMIT_SCALAR_TEXT, .length = (uint32_t)length, .as.text = run};
  int order;
  for (uint32_t i = 0; i < column->value_count; i++)
    if (remit_scalar_compare(literal_at(c, column->first_value + i), &word, &order) && order == 0) return true;
  return false;
}

static _Noreturn void refuse_run(cursor *c, const char *run, size_t length) {
  lua_State *L = c->r->L;
  const char *shown = show(c, run, length);
  if (length == 10 && run[4] == '-' && run[7] == '-' && is_digit(*run))
    remit_table_refuse(c->r, lua_pushfstring(L, "there is no day %s", shown));
  if (is_word(run, length, "null"))
    remit_table_refuse(c->r, "null has no place here: it is a test, and an output that is left out is an empty cell");
  if (is_word(run, length, "-"))
    remit_table_refuse(c->r, "- has no place here: it stands alone in the cell of an input, and an output that is left out is an empty cell");
  if (is_digit(*run) || *run == '-' || *run == '+' || *run == '.')
    remit_table_refuse(c->r, lua_pushfstring(L, "%s is neither a number (digits, one point, a sign) nor a date (YYYY-MM-DD); quote a text: \"%s\"",
                                             shown, shown));
  remit_table_refuse(c->r, lua_pushfstring(L, "%s is neither a param nor one of the column's values; quote it: \"%s\"", shown, shown));
}

/* Behind the word `date`. */
static uint32_t read_date(cursor *c) {
  take(c, '(');
  if (!next_is(c, '"')) expected(c, "a date in quotes, date(\"2025-01-01\")");
  uint32_t number = read_quoted(c);
  const remit_scalar *text = literal_at(c, number);
  if (!remit_date_valid(text->as.text, text->length))
    remit_table_refuse(c->r, lua_pushfstring(c->r->L, "there is no day %s; a date is YYYY-MM-DD", show(c, text->as.text, text->length)));
  if (!take(c, ')')) expected(c, "\")\" behind the date");
  return number;
}

static uint32_t read_literal(cursor *c) {
  if (next_is(c, '"')) return read_quoted(c);
  const char *run = c->at;
  size_t length = run_length(c);
  if (!length) expected(c, "a number, a text in quotes, true, false, a date or a param");
  c->at += length;
  bool yes = is_word(run, length, "true");
  if (yes || is_word(run, length, "false")) return add_literal(c, (remit_scalar){.kind = REMIT_SCALAR_BOOLEAN, .yes = yes});
  if (is_word(run, length, "date") && next_is(c, '(')) return read_date(c);
  remit_decimal value;
  switch (parse_number(run, length, &value)) {
  case REMIT_DECIMAL_OK: return add_number(c, &value);
  case REMIT_DECIMAL_INEXACT: remit_table_refuse(c->r, "a number of more than 34 digits");
  case REMIT_DECIMAL_RANGE: remit_table_refuse(c->r, "a number out of range (beyond 10^6144)");
  default: break;
  }
  bool listed = is_value(c, run, length);
  bool param = !listed && is_name(run, length) && !is_word(run, length, "null");
  if (!listed && !param && !remit_date_valid(run, length)) refuse_run(c, run, length);
  lua_pushlstring(c->r->L, run, length);
  if (param) return add_literal(c, (remit_scalar){.kind = REMIT_SCALAR_PARAM, .length = add_word(c, false)});
  if (is_name(run, length)) {
    lua_pushvalue(c->r->L, -1);
    add_word(c, true);
  }
  return add_text(c);
}

/* ---- Tests */

static void read_list(cursor *c, int depth);

static remit_test *add_test(cursor *c, remit_test_kind kind) {
  remit_test *test = remit_pile_add(c->r, &c->r->tests, 1);
  test->kind = (uint8_t)kind;
  return test;
}

static void check_order(cursor *c, uint32_t literal) {
  if (literal_at(c, literal)->kind == REMIT_SCALAR_BOOLEAN)
    remit_table_refuse(c->r, "true and false are neither less nor more than anything");
}

static void read_interval(cursor *c) {
  remit_test test = {.kind = REMIT_TEST_BETWEEN, .low_open = *c->at++ != '['};
  test.low = read_literal(c);
  check_order(c, test.low);
  if (!take(c, '.') || c->at == c->end || *c->at++ != '.') expected(c, "an interval such as [5000..50000)");
  test.high = read_literal(c);
  check_order(c, test.high);
  skip_space(c);
  if (c->at == c->end || (*c->at != ']' && *c->at != ')' && *c->at != '[')) expected(c, "the interval's end: ] or )");
  test.high_open = *c->at++ != ']';
  uint8_t low = literal_at(c, test.low)->kind, high = literal_at(c, test.high)->kind;
  if (low != high && low != REMIT_SCALAR_PARAM && high != REMIT_SCALAR_PARAM)
    remit_table_refuse(c->r, "the ends of an interval are of two types");
  *add_test(c, REMIT_TEST_BETWEEN) = test;
}

static void read_comparison(cursor *c) {
  bool less = *c->at++ == '<', equal = c->at < c->end && *c->at == '=';
  if (equal) c->at++;
  remit_test_kind kind = less ? equal ? REMIT_TEST_AT_MOST : REMIT_TEST_LESS : equal ? REMIT_TEST_AT_LEAST : REMIT_TEST_MORE;
  uint32_t literal = read_literal(c);
  check_order(c, literal);
  add_test(c, kind)->low = literal;
}

static void read_not(cursor *c, int depth) {
  if (depth == NOT_DEPTH_MAX) remit_table_refuse(c->r, "too many not(…) in one another");
  uint32_t place = c->r->tests.count;
  add_test(c, REMIT_TEST_NOT);
  take(c, '(');
  read_list(c, depth + 1);
  if (!take(c, ')')) expected(c, "\",\" or \")\" behind a test");
  ((remit_test *)c->r->tests.items)[place].low = c->r->tests.count - place - 1;
}

static void read_test(cursor *c, int depth) {
  skip_space(c);
  if (c->at < c->end && (*c->at == '[' || *c->at == '(' || *c->at == ']')) {
    read_interval(c);
    return;
  }
  if (c->at < c->end && (*c->at == '<' || *c->at == '>')) {
    read_comparison(c);
    return;
  }
  const char *run = c->at;
  size_t length = run_length(c);
  if (is_word(run, length, "null")) {
    c->at += length;
    add_test(c, REMIT_TEST_NULL);
    return;
  }
  if (is_word(run, length, "not")) {
    c->at += length;
    if (next_is(c, '(')) {
      read_not(c, depth);
      return;
    }
    c->at = run;
  }
  uint32_t literal = read_literal(c);
  add_test(c, REMIT_TEST_EQUAL)->low = literal;
}

static void read_list(cursor *c, int depth) {
  do read_test(c, depth);
  while (take(c, ','));
}

uint32_t remit_read_tests(remit_table_reader *r, const char *text, size_t length) {
  remit_trim(&text, &length);
  if (!length || is_word(text, length, "-")) return 0;
  cursor c = {r, text, text + length};
  uint32_t first = r->tests.count;
  read_list(&c, 0);
  if (c.at < c.end) expected(&c, "\",\" behind a test");
  *(remit_cell *)remit_pile_add(r, &r->cells, 1) = (remit_cell){first, r->tests.count - first};
  return r->cells.count - 1;
}

/* ---- Outputs and values */

/* The literal's place among its column's values. */
static void rank_output(cursor *c, uint32_t number) {
  const remit_column *column = c->r->column;
  remit_scalar *literal = (remit_scalar *)c->r->literals.items + number;
  if (!column->value_count || literal->kind == REMIT_SCALAR_PARAM) return;
  int order;
  for (literal->rank = 0; literal->rank < column->value_count; literal->rank++)
    if (remit_scalar_compare(literal_at(c, column->first_value + literal->rank), literal, &order) && order == 0) return;
  remit_table_refuse(c->r, lua_pushfstring(c->r->L, "%s is not among the column's values", show(c, c->at, (size_t)(c->end - c->at))));
}

uint32_t remit_read_output(remit_table_reader *r, const char *text, size_t length) {
  remit_trim(&text, &length);
  if (!length) return 0;
  cursor c = {r, text, text + length};
  uint32_t number = read_literal(&c);
  skip_space(&c);
  if (c.at < c.end) expected(&c, "nothing behind the output, which is one literal");
  uint8_t kind = literal_at(&c, number)->kind;
  if (r->hit >= REMIT_HIT_SUM && r->hit <= REMIT_HIT_MAX && kind != REMIT_SCALAR_NUMBER && kind != REMIT_SCALAR_PARAM)
    remit_table_refuse(r, "the outputs of C+, C< and C> are numbers");
  if (r->column->trend && !r->column->value_count && kind != REMIT_SCALAR_NUMBER && kind != REMIT_SCALAR_PARAM)
    remit_table_refuse(r, "it rises or falls by the row named check: a row named values must list its values, the least first");
  c.at = text;
  rank_output(&c, number);
  return number;
}

void remit_read_values(remit_table_reader *r, const char *text, size_t length, remit_column *column) {
  remit_trim(&text, &length);
  if (!length || is_word(text, length, "-")) return;
  cursor c = {r, text, text + length};
  uint32_t first = r->literals.count;
  do {
    skip_space(&c);
    const char *run = c.at;
    if (literal_at(&c, read_literal(&c))->kind == REMIT_SCALAR_PARAM) refuse_run(&c, run, (size_t)(c.at - run));
  } while (take(&c, ','));
  if (c.at < c.end) expected(&c, "\",\" behind a value");
  column->first_value = first;
  column->value_count = r->literals.count - first;
}
