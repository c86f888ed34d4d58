#include <stdio.h>
#include <string.h>

#include "plugin.h"

/* Whether a value of Lua is one of a declared type: for what is handed to a plugin's function, and for what comes back. The same
 * types as of an input, but the values are made already: a number is a number, not its text. */

static const int64_t INTEGER_MAX = INT64_C(9007199254740991);
enum { GOT_MAX = 60 };

static bool within(const remit_type *type, const remit_decimal *value) {
  return !(type->has_min && remit_decimal_compare(value, &type->min) < 0) &&
         !(type->has_max && remit_decimal_compare(value, &type->max) > 0);
}

/* ---- Words */

static const char *expected(const remit_type *type) {
  switch (type->kind) {
  case REMIT_DATE: return "date (YYYY-MM-DD)";
  case REMIT_TIMESTAMP: return "timestamp (YYYY-MM-DDTHH:MM:SSZ)";
  default: return remit_kind_names[type->kind];
  }
}

static bool misfit(lua_State *L, int index, const remit_type *type, remit_misfit *why) {
  char *text = why->words;
  const size_t size = sizeof why->words;
  int length = 0;
  why->path[0] = 0;
  if (type->kind == REMIT_ENUM) {
    length = snprintf(text, size, "expected one of ");
    for (uint32_t i = 0; i < type->value_count; i++) {
      if ((size_t)length + type->values[i].length + 8 > size / 2) {
        length += snprintf(text + length, size - (size_t)length, ", …");
        break;
      }
      length += snprintf(text + length, size - (size_t)length, "%s\"%s\"", i ? ", " : "", type->values[i].bytes);
    }
  } else {
    length = snprintf(text, size, "expected %s", expected(type));
  }
  text += length;
  const size_t room = size - (size_t)length;
  char number[REMIT_DECIMAL_TEXT_MAX];
  size_t digits = remit_is_number(L, index) ? remit_number_text(L, index, number) : 0;
  if (type->sensitive) {
    snprintf(text, room, ", got a %s", remit_typename(L, index));
  } else if (digits) {
    snprintf(text, room, ", got %.*s", (int)(digits < GOT_MAX ? digits : GOT_MAX), number);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    size_t whole, clipped;
    const char *bytes = lua_tolstring(L, index, &whole);
    remit_message_clip(bytes, whole, GOT_MAX, &clipped);
    if (!remit_utf8_valid((const uint8_t *)bytes, clipped)) snprintf(text, room, ", got a text that is not UTF-8");
    else if (memchr(bytes, 0, clipped)) snprintf(text, room, ", got a text with a zero byte");
    else snprintf(text, room, ", got \"%.*s%s\"", (int)clipped, bytes, clipped < whole ? "…" : "");
  } else if (lua_isboolean(L, index)) {
    snprintf(text, room, ", got %s", lua_toboolean(L, index) ? "true" : "false");
  } else if (lua_isnoneornil(L, index)) {
    snprintf(text, room, ", got nil");
  } else {
    snprintf(text, room, ", got a %s", remit_typename(L, index));
  }
  return false;
}

/* A value of the right kind that breaks a bound. */
static bool out_of_bounds(const remit_type *type, const remit_decimal *value, const char *unit, remit_misfit *why) {
  char number[REMIT_DECIMAL_TEXT_MAX];
  bool low = type->has_min && remit_decimal_compare(value, &type->min) < 0;
  size_t length = remit_decimal_format(low ? &type->min : &type->max, number);
  why->path[0] = 0;
  snprintf(why->words, sizeof why->words, "must %s at %s %.*s%s", *unit ? "have" : "be", low ? "least" : "most",
           (int)(length < 60 ? length : 60), number, unit);
  return false;
}

/* Puts a part of the path in front of what is known of it. */
static bool below(remit_misfit *why, const char *part) {
  char path[REMIT_MISFIT_PATH];
  snprintf(path, sizeof path, "%s%s", part, why->path);
  memcpy(why->path, path, sizeof path);
  return false;
}

/* ---- Single values */

static bool conforms_number(lua_State *L, int index, const remit_type *type, remit_misfit *why) {
  bool whole = lua_isinteger(L, index);
  if (whole || lua_type(L, index) == LUA_TNUMBER) {
    double value = lua_tonumber(L, index);
    if (whole && (lua_tointeger(L, index) > INTEGER_MAX || lua_tointeger(L, index) < -INTEGER_MAX))
      return misfit(L, index, type, why);
    /* A fraction, or past what integers hold: looked at exactly below. */
    bool fits_kind = type->kind != REMIT_INTEGER || whole ||
                     (value >= -(double)INTEGER_MAX && value <= (double)INTEGER_MAX && value == (double)(int64_t)value);
    if (fits_kind && !type->long_bounds && value >= type->low && value <= type->high) return true;
  } else if (!remit_is_number(L, index)) {
    return misfit(L, index, type, why);
  }
  remit_decimal exact;
  int64_t integer;
  if (!remit_to_decimal(L, index, &exact)) return misfit(L, index, type, why);
  if (type->kind == REMIT_INTEGER &&
      (!remit_decimal_to_int64(&exact, &integer) || integer > INTEGER_MAX || integer < -INTEGER_MAX))
    return misfit(L, index, type, why);
  return within(type, &exact) || out_of_bounds(type, &exact, "", why);
}

static size_t characters(const char *bytes, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
  return count;
}

static bool conforms_text(lua_State *L, int index, const remit_type *type, remit_misfit *why) {
  if (lua_type(L, index) != LUA_TSTRING) return misfit(L, index, type, why);
  size_t length;
  const char *bytes = lua_tolstring(L, index, &length);
  char canonical[32];
  switch (type->kind) {
  case REMIT_TEXT: {
    if (!type->has_min && !type->has_max) return true;
    remit_charge_bytes(L, length);
    remit_decimal count = remit_decimal_from_int64((int64_t)characters(bytes, length));
    return within(type, &count) || out_of_bounds(type, &count, " characters", why);
  }
  case REMIT_ENUM:
    for (uint32_t i = 0; i < type->value_count; i++)
      if (type->values[i].interned == bytes || (type->values[i].length == length && memcmp(type->values[i].bytes, bytes, length) == 0))
        return true;
    break;
  case REMIT_DATE:
    if (remit_date_valid(bytes, length)) return true;
    break;
  default:
    if (remit_timestamp_parse(bytes, length, canonical) == length && memcmp(canonical, bytes, length) == 0) return true;
    break;
  }
  return misfit(L, index, type, why);
}

/* ---- Tables */

static bool count_fits(const remit_type *type, lua_Integer count, const char *unit, remit_misfit *why) {
  remit_decimal exact = remit_decimal_from_int64(count);
  return within(type, &exact) || out_of_bounds(type, &exact, unit, why);
}

static bool conforms_record(lua_State *L, int index, const remit_type *type, remit_misfit *why) {
  remit_charge(L, type->field_count);
  for (uint32_t i = 0; i < type->field_count; i++) {
    const remit_text *name = &type->fields[i].name;
    lua_pushlstring(L, name->bytes, name->length);
    lua_rawget(L, index);
    bool fits = remit_conforms(L, -1, type->fields[i].type, why);
    lua_pop(L, 1);
    if (fits) continue;
    char part[REMIT_MISFIT_PATH];
    snprintf(part, sizeof part, ".%s", name->bytes);
    return below(why, part);
  }
  return true;
}

static bool conforms_list(lua_State *L, int index, const remit_type *type, remit_misfit *why) {
  lua_Integer count = (lua_Integer)lua_rawlen(L, index);
  remit_charge(L, (uint64_t)count);
  if (!count) {  /* named values are no list */
    lua_pushnil(L);
    if (lua_next(L, index)) {
      lua_pop(L, 2);
      return misfit(L, index, type, why);
    }
  }
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, index, i);
    bool fits = remit_conforms(L, -1, type->of, why);
    lua_pop(L, 1);
    if (fits) continue;
    char part[32];
    snprintf(part, sizeof part, "[%lld]", (long long)i);
    return below(why, part);
  }
  return count_fits(type, count, " elements", why);
}

static bool conforms_map(lua_State *L, int index, const remit_type *type, remit_misfit *why) {
  lua_Integer count = 0;
  /* All keys first: among texts alone the order of the walk below is the same everywhere. */
  lua_pushnil(L);
  while (lua_next(L, index)) {
    remit_charge(L, 2);
    count++;
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) continue;
    lua_pop(L, 1);
    why->path[0] = 0;
    snprintf(why->words, sizeof why->words, "expected map, whose keys are texts, got a table with others");
    return false;
  }
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (!remit_conforms(L, -1, type->of, why)) {
      char part[REMIT_MISFIT_PATH];
      snprintf(part, sizeof part, "[\"%s\"]", lua_tostring(L, -2));
      lua_pop(L, 2);
      return below(why, part);
    }
    lua_pop(L, 1);
  }
  return count_fits(type, count, " keys", why);
}

bool remit_conforms(lua_State *L, int index, const remit_type *type, remit_misfit *why) {
  if (lua_isnoneornil(L, index)) return type->optional || misfit(L, index, type, why);
  switch (type->kind) {
  case REMIT_INTEGER: case REMIT_NUMBER: case REMIT_MONEY: return conforms_number(L, index, type, why);
  case REMIT_BOOLEAN: return lua_isboolean(L, index) || misfit(L, index, type, why);
  case REMIT_RECORD: case REMIT_LIST: case REMIT_MAP: break;
  default: return conforms_text(L, index, type, why);
  }
  if (lua_type(L, index) != LUA_TTABLE) return misfit(L, index, type, why);
  luaL_checkstack(L, 8, NULL);
  index = lua_absindex(L, index);
  remit_note_whole(L, index);
  if (type->kind == REMIT_RECORD) return conforms_record(L, index, type, why);
  return type->kind == REMIT_LIST ? conforms_list(L, index, type, why) : conforms_map(L, index, type, why);
}
