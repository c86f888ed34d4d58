#include "lib_string.h"

#include <string.h>

/* `string` without `dump`. Bytes are bytes and letters are ASCII, whatever the locale. */

/* ---- Growing texts */

enum { OWED_MAX = 4096 };

void remit_text_start(lua_State *L, remit_text *text) {
  text->L = L;
  text->bytes = text->small;
  text->length = text->owed = 0;
  text->capacity = sizeof text->small;
  luaL_checkstack(L, 4, NULL);
  lua_pushnil(L);
  text->slot = lua_gettop(L);
}

static void settle(remit_text *text, size_t bytes) {
  text->owed += bytes;
  if (text->owed < OWED_MAX) return;
  remit_charge_bytes(text->L, text->owed);
  text->owed %= REMIT_BYTES_PER_STEP;
}

static void grow(remit_text *text, size_t size) {
  if (size >= REMIT_TEXT_LIMIT - text->length) luaL_error(text->L, "resulting string too large");
  size_t capacity = text->capacity * 2;
  if (capacity < text->length + size) capacity = text->length + size;
  char *block = lua_newuserdatauv(text->L, capacity, 0);
  memcpy(block, text->bytes, text->length);
  lua_replace(text->L, text->slot);
  text->bytes = block;
  text->capacity = capacity;
}

char *remit_text_room(remit_text *text, size_t size) {
  settle(text, size);
  if (size > text->capacity - text->length) grow(text, size);
  return text->bytes + text->length;
}

void remit_text_add(remit_text *text, const char *bytes, size_t length) {
  if (!length) return;
  memcpy(remit_text_room(text, length), bytes, length);
  text->length += length;
}

void remit_text_fill(remit_text *text, char byte, size_t count) {
  if (!count) return;
  memset(remit_text_room(text, count), byte, count);
  text->length += count;
}

void remit_text_push(remit_text *text) {
  remit_charge_bytes(text->L, text->owed);
  text->owed = 0;
  lua_pushlstring(text->L, text->bytes, text->length);
}

/* ---- The functions */

static int len(lua_State *L) {
  size_t length;
  remit_check_text(L, 1, &length);
  lua_pushinteger(L, (lua_Integer)length);
  return 1;
}

static int sub(lua_State *L) {
  size_t length;
  const char *text = remit_check_text(L, 1, &length);
  size_t start = remit_range_start(remit_check_integer(L, 2), length);
  size_t end = remit_range_end(remit_opt_integer(L, 3, -1), length);
  if (start > end) {
    lua_pushliteral(L, "");
    return 1;
  }
  remit_charge_bytes(L, end - start + 1);
  lua_pushlstring(L, text + start - 1, end - start + 1);
  return 1;
}

/* Calls `change` with the text and room for as many bytes, and returns what it wrote there. */
static int changed(lua_State *L, void (*change)(const char *from, char *to, size_t length)) {
  size_t length;
  remit_text result;
  const char *text = remit_check_text(L, 1, &length);
  remit_text_start(L, &result);
  change(text, remit_text_room(&result, length), length);
  result.length = length;
  remit_text_push(&result);
  return 1;
}

static void to_lower(const char *from, char *to, size_t length) {
  for (size_t i = 0; i < length; i++) to[i] = (char)(from[i] + (from[i] >= 'A' && from[i] <= 'Z' ? 'a' - 'A' : 0));
}

static void to_upper(const char *from, char *to, size_t length) {
  for (size_t i = 0; i < length; i++) to[i] = (char)(from[i] - (from[i] >= 'a' && from[i] <= 'z' ? 'a' - 'A' : 0));
}

static void to_reverse(const char *from, char *to, size_t length) {
  for (size_t i = 0; i < length; i++) to[i] = from[length - 1 - i];
}

static int lower(lua_State *L) { return changed(L, to_lower); }
static int upper(lua_State *L) { return changed(L, to_upper); }
static int reverse(lua_State *L) { return changed(L, to_reverse); }

static int rep(lua_State *L) {
  size_t length, between = 0;
  const char *text = remit_check_text(L, 1, &length);
  lua_Integer count = remit_check_integer(L, 2);
  const char *separator = lua_isnoneornil(L, 3) ? "" : remit_check_text(L, 3, &between);
  if (count <= 0 || length + between == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  if ((uint64_t)count > REMIT_TEXT_LIMIT / (length + between)) return luaL_error(L, "resulting string too large");
  size_t total = (size_t)count * length + (size_t)(count - 1) * between;
  remit_expect_bytes(L, total);
  remit_charge_bytes(L, total);
  remit_text result;
  remit_text_start(L, &result);
  char *to = remit_text_room(&result, total);
  memcpy(to, text, length);
  size_t done = length;
  if (count > 1) {
    memcpy(to + done, separator, between);
    done += between;
  }
  /* What is there is a period of the rest: copy it, twice as much each time. */
  while (done < total) {
    size_t next = done < total - done ? done : total - done;
    memcpy(to + done, to, next);
    done += next;
  }
  result.length = total;
  remit_text_push(&result);
  return 1;
}

static int byte(lua_State *L) {
  size_t length;
  const char *text = remit_check_text(L, 1, &length);
  lua_Integer first = remit_opt_integer(L, 2, 1);
  size_t start = remit_range_start(first, length);
  size_t end = remit_range_end(remit_opt_integer(L, 3, first), length);
  if (start > end) return 0;
  size_t count = end - start + 1;
  remit_charge(L, count);
  remit_results_room(L, 0, count, "string slice too long");
  for (size_t i = start - 1; i < end; i++) lua_pushinteger(L, (unsigned char)text[i]);
  return (int)count;
}

static int char_(lua_State *L) {
  int count = lua_gettop(L);
  remit_text result;
  remit_charge(L, (uint64_t)count);
  remit_text_start(L, &result);
  char *to = remit_text_room(&result, (size_t)count);
  for (int i = 1; i <= count; i++) {
    lua_Integer code = remit_check_integer(L, i);
    luaL_argcheck(L, code >= 0 && code <= UCHAR_MAX, i, "value out of range");
    to[i - 1] = (char)code;
  }
  result.length = (size_t)count;
  remit_text_push(&result);
  return 1;
}

int remit_open_string(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"byte", byte}, {"char", char_}, {"find", remit_string_find}, {"format", remit_string_format},
    {"gmatch", remit_string_gmatch}, {"gsub", remit_string_gsub}, {"len", len}, {"lower", lower},
    {"match", remit_string_match}, {"pack", remit_string_pack}, {"packsize", remit_string_packsize},
    {"rep", rep}, {"reverse", reverse}, {"sub", sub}, {"unpack", remit_string_unpack}, {"upper", upper},
    {NULL, NULL},
  };
  luaL_newlib(L, functions);

  /* The metatable of all strings, new and with `__index` alone; whoever adds the arithmetic metamethods finds it with
   * lua_getmetatable on any string. */
  lua_pushliteral(L, "");
  lua_createtable(L, 0, 16);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
  return 1;
}
