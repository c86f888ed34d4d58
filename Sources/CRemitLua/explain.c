#include <stdio.h>
#include <string.h>

#include "machine.h"

/* The slow walk over an input that was refused: all that is wrong with it, in the order of the declaration, each with a JSON
 * Pointer. It asks the decoder itself whether a single value fits, so both always agree. */

enum { PROBLEMS_MAX = 50, PROBLEMS_BYTES_MAX = 64 * 1024, GOT_MAX = 80, WORDS_MAX = 1024 };

typedef struct walker {
  lua_State *L;
  int slots;
  uint32_t depth_max;
  uint32_t problems;
  remit_buffer pointer, name; /* "/lines/0/sku" and "lines[0].sku" */
  remit_buffer errors;        /* [{"message":…,"path":…},… */
  char first_message[WORDS_MAX];
  size_t first_message_length;
  remit_buffer first_pointer;
} walker;

static bool is_container(remit_slice value) { return value.bytes[0] == '{' || value.bytes[0] == '['; }

/* Whether a value of that type may hold something sensitive: then so may what stands in its place. */
static bool is_secret(const remit_type *type) {
  if (type->sensitive || (type->of && is_secret(type->of))) return true;
  for (uint32_t i = 0; i < type->field_count; i++)
    if (is_secret(type->fields[i].type)) return true;
  return false;
}

/* `text` gets ", got …" behind what it says. */
static void add_got(char *text, size_t size, const remit_type *type, remit_slice value) {
  size_t length = strlen(text);
  if (length + GOT_MAX + 16 > size || is_secret(type)) return;
  if (is_container(value)) {
    snprintf(text + length, size - length, ", got a %s", value.bytes[0] == '{' ? "record" : "list");
    return;
  }
  size_t clipped;
  remit_message_clip((const char *)value.bytes, value.length, GOT_MAX, &clipped);
  snprintf(text + length, size - length, ", got %.*s%s", (int)clipped, (const char *)value.bytes,
           clipped < value.length ? "…" : "");
}

static void say_bound(char *text, size_t size, const char *words, const remit_decimal *bound, const char *unit) {
  char number[REMIT_DECIMAL_TEXT_MAX];
  size_t length = remit_decimal_format(bound, number);
  snprintf(text, size, "%s %.*s%s", words, (int)(length < 200 ? length : 200), number, unit);
}

static const char *article(remit_kind kind) {
  switch (kind) {
  case REMIT_RECORD: return "a record";
  case REMIT_LIST: return "a list";
  case REMIT_MAP: return "a map";
  case REMIT_DATE: return "date (YYYY-MM-DD)";
  case REMIT_TIMESTAMP: return "timestamp (RFC 3339)";
  default: return remit_kind_names[kind];
  }
}

/* A number that its type would take but for its bounds. */
static bool explain_number(const remit_type *type, remit_slice value, char *text, size_t size) {
  const char *bytes = (const char *)value.bytes;
  size_t length = value.length;
  bool quoted = bytes[0] == '"';
  if (quoted && (type->kind == REMIT_INTEGER || length < 2)) return false;
  if (quoted) bytes++, length -= 2;
  remit_decimal number;
  remit_decimal_status status = remit_decimal_parse(bytes, length, !quoted, &number);
  if (status == REMIT_DECIMAL_INEXACT) {
    snprintf(text, size, "has more than %d significant digits", REMIT_DECIMAL_DIGITS_MAX);
    return true;
  }
  if (status == REMIT_DECIMAL_RANGE) {
    snprintf(text, size, "is too large or too small a number");
    return true;
  }
  if (status != REMIT_DECIMAL_OK) return false;
  if (type->kind == REMIT_INTEGER) {
    int64_t whole;
    if (!remit_decimal_is_whole(&number)) return false;
    if (!remit_decimal_to_int64(&number, &whole) || whole > INT64_C(9007199254740991) || whole < -INT64_C(9007199254740991)) {
      snprintf(text, size, "must lie within 2^53 - 1 of zero");
      return true;
    }
  }
  if (type->has_min && remit_decimal_compare(&number, &type->min) < 0) say_bound(text, size, "must be at least", &type->min, "");
  else if (type->has_max && remit_decimal_compare(&number, &type->max) > 0) say_bound(text, size, "must be at most", &type->max, "");
  else return false;
  return true;
}

static void explain_enum(const remit_type *type, char *text, size_t size) {
  size_t length = (size_t)snprintf(text, size, "expected one of ");
  for (uint32_t i = 0; i < type->value_count; i++) {
    size_t next = length + type->values[i].length + 4;
    if (next + GOT_MAX + 32 > size) {
      snprintf(text + length, size - length, ", …");
      return;
    }
    length += (size_t)snprintf(text + length, size - length, "%s\"%s\"", i ? ", " : "", type->values[i].bytes);
  }
}

static void explain_length(const remit_type *type, bool too_few, const char *unit, char *text, size_t size) {
  const remit_decimal *bound = too_few ? &type->min : &type->max, one = remit_decimal_from_int64(1);
  say_bound(text, size, too_few ? "must have at least" : "must have at most", bound, unit);
  size_t length = strlen(text);
  if (length && text[length - 1] == 's' && remit_decimal_compare(bound, &one) == 0) text[length - 1] = 0;
}

void remit_explain_value(lua_State *L, const remit_type *type, remit_slice value, char *text, size_t size) {
  (void)L;
  bool said = false;
  switch (type->kind) {
  case REMIT_INTEGER: case REMIT_NUMBER: case REMIT_MONEY: said = explain_number(type, value, text, size); break;
  case REMIT_TEXT:
    if (value.bytes[0] == '"') {
      /* The decoder refused it, so it breaks a bound; a text with few bytes can only be too short. */
      remit_decimal bytes = remit_decimal_from_int64((int64_t)value.length - 2);
      bool too_few = type->has_min && (!type->has_max || remit_decimal_compare(&bytes, &type->max) <= 0);
      explain_length(type, too_few, " characters", text, size);
      said = true;
    }
    break;
  case REMIT_ENUM:
    explain_enum(type, text, size);
    said = true;
    break;
  default: break;
  }
  if (!said) snprintf(text, size, "expected %s", article(type->kind));
  add_got(text, size, type, value);
}

/* ---- Paths */

static void push_name(walker *w, const uint8_t *name, size_t length) {
  remit_buffer_byte(&w->pointer, '/');
  for (size_t i = 0; i < length; i++) {
    if (name[i] == '~') remit_buffer_append(&w->pointer, "~0", 2);
    else if (name[i] == '/') remit_buffer_append(&w->pointer, "~1", 2);
    else remit_buffer_byte(&w->pointer, name[i]);
  }
  if (w->name.length) remit_buffer_byte(&w->name, '.');
  remit_buffer_append(&w->name, name, length);
}

static void push_index(walker *w, size_t index) {
  remit_buffer_byte(&w->pointer, '/');
  remit_buffer_int64(&w->pointer, (int64_t)index);
  remit_buffer_byte(&w->name, '[');
  remit_buffer_int64(&w->name, (int64_t)index);
  remit_buffer_byte(&w->name, ']');
}

static void report(walker *w, const char *words) {
  if (w->problems++ >= PROBLEMS_MAX || w->errors.length > PROBLEMS_BYTES_MAX) return;  /* paths may be long */
  char message[2 * WORDS_MAX];
  size_t name_length;
  remit_message_clip((const char *)w->name.bytes, w->name.length, 200, &name_length);
  int written = name_length ? snprintf(message, sizeof message, "%.*s: %s", (int)name_length, (const char *)w->name.bytes, words)
                            : snprintf(message, sizeof message, "%s", words);
  size_t length;
  remit_message_clip(message, (size_t)written < sizeof message ? (size_t)written : sizeof message - 1, WORDS_MAX, &length);
  if (w->problems == 1) {
    memcpy(w->first_message, message, length);
    w->first_message_length = length;
    remit_buffer_append(&w->first_pointer, w->pointer.bytes, w->pointer.length);
  }
  remit_buffer_append(&w->errors, w->problems == 1 ? "[" : ",", 1);
  remit_buffer_append(&w->errors, "{\"message\":", 11);
  remit_json_write_string(&w->errors, (const uint8_t *)message, length);
  remit_buffer_append(&w->errors, ",\"path\":", 8);
  remit_json_write_string(&w->errors, w->pointer.bytes, w->pointer.length);
  remit_buffer_byte(&w->errors, '}');
}

/* ---- The walk */

static void walk_value(walker *w, const remit_type *type, remit_slice value);

static void walk_member(walker *w, const remit_field *field, remit_slice value, bool present, bool twice) {
  size_t pointer = w->pointer.length, name = w->name.length;
  push_name(w, (const uint8_t *)field->name.bytes, field->name.length);
  if (twice) {
    report(w, "stands there twice");
  } else if (!present) {
    if (!field->type->optional) {
      char words[64];
      snprintf(words, sizeof words, "missing (%s)", remit_kind_names[field->type->kind]);
      report(w, words);
    }
  } else if (!(field->type->optional && value.bytes[0] == 'n')) {
    walk_value(w, field->type, value);
  }
  w->pointer.length = pointer;
  w->name.length = name;
}

/* The key of a member as its text, in a Lua userdata at the top of the stack. */
static const uint8_t *key_text(walker *w, const remit_json_string *key, size_t *length) {
  uint8_t *bytes = lua_newuserdatauv(w->L, key->length + 1, 0);
  *length = remit_json_unescape(key->bytes, key->length, bytes);
  return bytes;
}

static void walk_record(walker *w, const remit_type *type, remit_slice value) {
  luaL_checkstack(w->L, 8, NULL);
  int top = lua_gettop(w->L);
  remit_slice *members = lua_newuserdatauv(w->L, (type->field_count + 1) * sizeof *members, 0);
  uint8_t *count = lua_newuserdatauv(w->L, type->field_count + 1, 0);
  memset(count, 0, type->field_count + 1);
  remit_json_walk walk;
  remit_json_walk_start(&walk, value);
  while (remit_json_walk_next(&walk)) {
    size_t length;
    const uint8_t *key = key_text(w, &walk.key, &length);
    int32_t field = remit_type_field(type, key, length);
    if (field >= 0 && count[field] < 2 && !count[field]++) members[field] = walk.value;
    else if (field >= 0) count[field] = 2;
    lua_settop(w->L, top + 2);
  }
  for (uint32_t i = 0; i < type->field_count; i++)
    walk_member(w, &type->fields[i], members[i], count[i] > 0, count[i] > 1);
  if (type->strict) {
    remit_json_walk_start(&walk, value);
    while (remit_json_walk_next(&walk)) {
      size_t length, pointer = w->pointer.length, name = w->name.length;
      const uint8_t *key = key_text(w, &walk.key, &length);
      if (remit_type_field(type, key, length) < 0) {
        push_name(w, key, length);
        report(w, "not a declared field, and the policy is strict");
      }
      w->pointer.length = pointer;
      w->name.length = name;
      lua_settop(w->L, top + 2);
    }
  }
  lua_settop(w->L, top);
}

static void check_count(walker *w, const remit_type *type, size_t count) {
  char words[WORDS_MAX];
  remit_decimal exact = remit_decimal_from_int64((int64_t)count);
  bool few = type->has_min && remit_decimal_compare(&exact, &type->min) < 0;
  bool many = type->has_max && remit_decimal_compare(&exact, &type->max) > 0;
  if (!few && !many) return;
  explain_length(type, few, type->kind == REMIT_LIST ? " elements" : " members", words, sizeof words);
  size_t length = strlen(words);
  snprintf(words + length, sizeof words - length, ", has %zu", count);
  report(w, words);
}

static void walk_list(walker *w, const remit_type *type, remit_slice value) {
  remit_json_walk walk;
  size_t count = 0;
  remit_json_walk_start(&walk, value);
  while (remit_json_walk_next(&walk)) count++;
  check_count(w, type, count);
  count = 0;
  remit_json_walk_start(&walk, value);
  while (remit_json_walk_next(&walk) && w->problems < PROBLEMS_MAX) {
    size_t pointer = w->pointer.length, name = w->name.length;
    push_index(w, count++);
    walk_value(w, type->of, walk.value);
    remit_budget_check_round(w->L, count);
    w->pointer.length = pointer;
    w->name.length = name;
  }
}

static void walk_map(walker *w, const remit_type *type, remit_slice value) {
  luaL_checkstack(w->L, 8, NULL);
  int top = lua_gettop(w->L);
  lua_newtable(w->L);
  remit_json_walk walk;
  size_t count = 0;
  remit_json_walk_start(&walk, value);
  while (remit_json_walk_next(&walk)) {
    size_t length, pointer = w->pointer.length, name = w->name.length;
    const uint8_t *key = key_text(w, &walk.key, &length);
    push_name(w, key, length);
    lua_pushlstring(w->L, (const char *)key, length);
    lua_pushvalue(w->L, -1);
    if (lua_rawget(w->L, top + 1) != LUA_TNIL) report(w, "stands there twice");
    lua_pop(w->L, 1);
    lua_pushboolean(w->L, 1);
    lua_rawset(w->L, top + 1);
    walk_value(w, type->of, walk.value);
    w->pointer.length = pointer;
    w->name.length = name;
    lua_settop(w->L, top + 1);
    remit_budget_check_round(w->L, ++count);
  }
  check_count(w, type, count);
  lua_settop(w->L, top);
}

static void walk_value(walker *w, const remit_type *type, remit_slice value) {
  char words[WORDS_MAX];
  if (type->kind == REMIT_RECORD && value.bytes[0] == '{') {
    walk_record(w, type, value);
  } else if (type->kind == REMIT_LIST && value.bytes[0] == '[') {
    walk_list(w, type, value);
  } else if (type->kind == REMIT_MAP && value.bytes[0] == '{') {
    walk_map(w, type, value);
  } else {
    int top = lua_gettop(w->L);
    remit_json_cursor c = {value.bytes, value.bytes + value.length, REMIT_JSON_OK, 0, w->depth_max};
    bool fits = type->kind < REMIT_RECORD && remit_decode_value(w->L, &c, type, w->slots);
    lua_settop(w->L, top);
    if (fits) return;
    remit_explain_value(w->L, type, value, words, sizeof words);
    report(w, words);
  }
}

/* ---- The error */

static void write_syntax_error(remit_vm *vm, remit_json_status status, const uint8_t *fault, remit_buffer *out) {
  char words[160];
  size_t place = (size_t)(fault - vm->job.input.bytes) + 1;
  if (status == REMIT_JSON_TOO_DEEP)
    snprintf(words, sizeof words, "not accepted as JSON: nested deeper than %u levels, at byte %zu",
             (unsigned)vm->limits.nesting_depth, place);
  else snprintf(words, sizeof words, "not JSON: %s at byte %zu", remit_json_status_text(status), place);
  remit_vm_say(vm, "%s", words);
  remit_buffer_append(out, "\"code\":\"parse_error\",\"message\":", 31);
  remit_json_write_string(out, (const uint8_t *)words, strlen(words));
}

static void free_walker(walker *w) {
  remit_buffer_free(&w->pointer);
  remit_buffer_free(&w->name);
  remit_buffer_free(&w->errors);
  remit_buffer_free(&w->first_pointer);
}

static int walk_protected(lua_State *L) {
  walker *w = lua_touserdata(L, 1);
  const remit_type *record = lua_touserdata(L, 2);
  remit_slice input = *(remit_slice *)lua_touserdata(L, 3);
  lua_rawgeti(L, LUA_REGISTRYINDEX, w->slots);
  w->slots = lua_gettop(L);
  walk_value(w, record, input);
  return 0;
}

remit_status remit_explain_input(lua_State *L, remit_vm *vm, const remit_type *record, int slots, remit_buffer *out) {
  const uint8_t *fault;
  remit_json_status status = remit_json_validate(vm->job.input, vm->limits.nesting_depth, &fault);
  if (status != REMIT_JSON_OK) {
    write_syntax_error(vm, status, fault, out);
    return REMIT_PARSE_ERROR;
  }
  remit_slice value = vm->job.input;
  while (value.length && strchr(" \t\r\n", value.bytes[0])) value.bytes++, value.length--;
  while (value.length && strchr(" \t\r\n", value.bytes[value.length - 1])) value.length--;
  walker w = {.L = L, .slots = slots, .depth_max = vm->limits.nesting_depth};
  lua_pushcfunction(L, walk_protected);
  lua_pushlightuserdata(L, &w);
  lua_pushlightuserdata(L, (void *)record);
  lua_pushlightuserdata(L, &value);
  int lua_status = lua_pcall(L, 3, 0, 0);
  if (lua_status == LUA_OK && w.problems) {
    remit_buffer_append(out, "\"code\":\"invalid_input\",\"message\":", 33);
    remit_json_write_string(out, (const uint8_t *)w.first_message, w.first_message_length);
    remit_buffer_append(out, ",\"path\":", 8);
    remit_json_write_string(out, w.first_pointer.bytes, w.first_pointer.length);
    if (w.problems > 1) {
      remit_buffer_append(out, ",\"errors\":", 10);
      remit_buffer_append(out, w.errors.bytes, w.errors.length);
      remit_buffer_byte(out, ']');
    }
    remit_vm_say(vm, "%.*s", (int)w.first_message_length, w.first_message);
  }
  bool failed = w.pointer.failed || w.name.failed || w.errors.failed || w.first_pointer.failed;
  free_walker(&w);
  if (lua_status != LUA_OK) lua_error(L);
  if (failed) remit_no_memory(L);
  if (!w.problems) luaL_error(L, "an input was refused for no reason that can be named");
  return REMIT_INVALID_INPUT;
}
