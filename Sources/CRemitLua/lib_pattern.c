#include <string.h>

#include "lib_string.h"
#include "pattern.h"

/* find, match, gmatch, gsub. */

/* ---- Captures */

/* Pushes a capture, or the whole match where the pattern has none. */
static void push_capture(remit_matcher *m, int index, const char *start, const char *end) {
  if (index >= m->captures) {
    if (index != 0) luaL_error(m->L, "invalid capture index %%%d", index + 1);
    remit_charge_bytes(m->L, (size_t)(end - start));
    lua_pushlstring(m->L, start, (size_t)(end - start));
    return;
  }
  const remit_capture *capture = &m->capture[index];
  if (capture->length == REMIT_CAPTURE_OPEN) luaL_error(m->L, "unfinished capture");
  if (capture->length == REMIT_CAPTURE_POSITION) {
    lua_pushinteger(m->L, capture->start - m->text + 1);
    return;
  }
  remit_charge_bytes(m->L, (size_t)capture->length);
  lua_pushlstring(m->L, capture->start, (size_t)capture->length);
}

/* Pushes all of them; `whole` tells to push the match itself where there are none. */
static int push_captures(remit_matcher *m, bool whole, const char *start, const char *end) {
  int count = m->captures == 0 && whole ? 1 : m->captures;
  luaL_checkstack(m->L, count, "too many captures");
  for (int i = 0; i < count; i++) push_capture(m, i, start, end);
  return count;
}

/* ---- find, match */

static bool is_plain(const char *pattern, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (pattern[i] && strchr("^$*+?.([%-", pattern[i])) return false;
  return true;
}

/* Charges as it goes: the texts may agree for long at each place. */
static const char *find_plain(lua_State *L, const char *text, size_t length, const char *part, size_t part_length) {
  if (part_length == 0) return text;
  if (part_length > length) return NULL;
  const char *last = text + (length - part_length);
  uint64_t work = 0;
  for (const char *at = text; at <= last; at++) {
    const char *found = memchr(at, part[0], (size_t)(last - at) + 1);
    if (!found) {
      remit_charge(L, work + (uint64_t)(last - at) / 16);
      return NULL;
    }
    work += 1 + (uint64_t)(found - at) / 16;
    at = found;
    size_t same = 1;
    while (same < part_length && at[same] == part[same]) same++;
    work += same / 8;
    if (same == part_length) {
      remit_charge(L, work);
      return at;
    }
    if (work >= 256) {
      remit_charge(L, work);
      work = 0;
    }
  }
  remit_charge(L, work);
  return NULL;
}

static int push_place(lua_State *L, const char *text, const char *start, const char *end) {
  lua_pushinteger(L, start - text + 1);
  lua_pushinteger(L, end - text);
  return 2;
}

static int search(lua_State *L, bool find) {
  size_t length, pattern_length;
  const char *text = remit_check_text(L, 1, &length);
  const char *pattern = remit_check_text(L, 2, &pattern_length);
  size_t skipped = remit_range_start(remit_opt_integer(L, 3, 1), length) - 1;
  if (skipped > length) {
    lua_pushnil(L);
    return 1;
  }
  remit_charge_bytes(L, pattern_length);
  if (find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_length))) {
    const char *found = find_plain(L, text + skipped, length - skipped, pattern, pattern_length);
    if (found) return push_place(L, text, found, found + pattern_length);
    lua_pushnil(L);
    return 1;
  }
  remit_matcher m;
  remit_matcher_start(L, &m, text, length, pattern, pattern_length);
  bool anchored = *pattern == '^';
  pattern += anchored;
  for (const char *start = text + skipped; start <= m.text_end; start++) {
    const char *end = remit_match(&m, start, pattern);
    if (end) {
      remit_matcher_settle(&m);
      return find ? push_place(L, text, start, end) + push_captures(&m, false, start, end)
                  : push_captures(&m, true, start, end);
    }
    if (anchored) break;
  }
  remit_matcher_settle(&m);
  lua_pushnil(L);
  return 1;
}

int remit_string_find(lua_State *L) { return search(L, true); }
int remit_string_match(lua_State *L) { return search(L, false); }

/* ---- gmatch: a closure over the text, the pattern, where to go on, and where the last match ended (-1: none yet). It changes
 * with every call, and so may not be kept past loading: freezing refuses it. */

enum { TEXT = 1, PATTERN, PLACE, LAST_END };

static int next_match(lua_State *L) {
  size_t length, pattern_length;
  const char *text = lua_tolstring(L, lua_upvalueindex(TEXT), &length);
  const char *pattern = lua_tolstring(L, lua_upvalueindex(PATTERN), &pattern_length);
  lua_Integer last_end = lua_tointegerx(L, lua_upvalueindex(LAST_END), NULL);
  remit_matcher m;
  remit_matcher_start(L, &m, text, length, pattern, pattern_length);
  for (lua_Integer at = lua_tointegerx(L, lua_upvalueindex(PLACE), NULL); at <= (lua_Integer)length; at++) {
    const char *end = remit_match(&m, text + at, pattern);
    if (!end || end - text == last_end) continue;
    lua_pushinteger(L, end - text);
    lua_copy(L, -1, lua_upvalueindex(LAST_END));
    lua_replace(L, lua_upvalueindex(PLACE));
    remit_matcher_settle(&m);
    return push_captures(&m, true, text + at, end);
  }
  remit_matcher_settle(&m);
  return 0;
}

int remit_string_gmatch(lua_State *L) {
  size_t length;
  remit_check_text(L, 1, &length);
  remit_check_text(L, 2, NULL);
  size_t skipped = remit_range_start(remit_opt_integer(L, 3, 1), length) - 1;
  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)(skipped > length ? length + 1 : skipped));
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, next_match, 4);
  return 1;
}

/* ---- gsub */

/* Adds a capture in a replacement text. */
static void add_capture(remit_text *result, remit_matcher *m, int index, const char *start, const char *end) {
  if (index < m->captures && m->capture[index].length >= 0) {
    remit_text_add(result, m->capture[index].start, (size_t)m->capture[index].length);
    return;
  }
  size_t length;
  push_capture(m, index, start, end);
  const char *text = remit_check_text(m->L, lua_gettop(m->L), &length);
  remit_text_add(result, text, length);
  lua_pop(m->L, 1);
  m->steps += 4;
}

/* Adds the replacement text at 3, with %0 ... %9 filled in. */
static void add_filled(remit_text *result, remit_matcher *m, const char *start, const char *end) {
  size_t length;
  const char *text = lua_tolstring(m->L, 3, &length), *text_end = text + length;
  for (;;) {
    const char *mark = memchr(text, '%', (size_t)(text_end - text));
    if (!mark) break;
    remit_text_add(result, text, (size_t)(mark - text));
    char what = mark[1];
    if (what == '%') remit_text_add(result, "%", 1);
    else if (what == '0') remit_text_add(result, start, (size_t)(end - start));
    else if (what >= '1' && what <= '9') add_capture(result, m, what - '1', start, end);
    else luaL_error(m->L, "invalid use of '%%' in replacement string");
    m->steps++;
    text = mark + 2;
  }
  remit_text_add(result, text, (size_t)(text_end - text));
}

/* Adds what the table or function at 3 gives for the match; false where that is nil or false, and the match stays. */
static bool add_looked_up(remit_text *result, remit_matcher *m, const char *start, const char *end) {
  lua_State *L = m->L;
  remit_matcher_settle(m);
  if (lua_type(L, 3) == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(m, true, start, end), 1);
  } else {
    push_capture(m, 0, start, end);
    remit_trace_whole(L, 3);
    lua_gettable(L, 3);
  }
  bool given = lua_toboolean(L, -1);
  if (given) {
    if (lua_type(L, -1) != LUA_TSTRING && !remit_is_number(L, -1))
      luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    size_t length;
    const char *text = remit_push_text(L, -1, &length);
    remit_text_add(result, text, length);
    lua_pop(L, 1);
  } else {
    remit_text_add(result, start, (size_t)(end - start));
  }
  lua_pop(L, 1);
  return given;
}

/* The type of the replacement at 3: LUA_TSTRING (a number becomes its text), LUA_TTABLE or LUA_TFUNCTION. */
static int replacement_type(lua_State *L) {
  int type = lua_type(L, 3);
  if (type == LUA_TTABLE || type == LUA_TFUNCTION) return type;
  if (type != LUA_TSTRING && !remit_is_number(L, 3)) luaL_typeerror(L, 3, "string/function/table");
  remit_check_text(L, 3, NULL);
  return LUA_TSTRING;
}

int remit_string_gsub(lua_State *L) {
  size_t length, pattern_length;
  const char *text = remit_check_text(L, 1, &length);
  const char *pattern = remit_check_text(L, 2, &pattern_length);
  int type = replacement_type(L);
  lua_Integer most = remit_opt_integer(L, 4, (lua_Integer)length + 1), count = 0;
  lua_settop(L, 4);
  remit_text result;
  remit_text_start(L, &result);
  remit_matcher m;
  remit_matcher_start(L, &m, text, length, pattern, pattern_length);
  bool anchored = *pattern == '^', different = false;
  pattern += anchored;

  /* Everything before `copied` is in the result. A match may be empty, but not where the one before it ended. */
  const char *at = text, *copied = text, *last_end = NULL;
  while (count < most) {
    const char *end = remit_match(&m, at, pattern);
    if (end && end != last_end) {
      count++;
      remit_text_add(&result, copied, (size_t)(at - copied));
      if (type == LUA_TSTRING) {
        add_filled(&result, &m, at, end);
        different = true;
      } else if (add_looked_up(&result, &m, at, end)) {
        different = true;
      }
      copied = at = last_end = end;
    } else if (at < m.text_end) {
      at++;
    } else {
      break;
    }
    if (anchored) break;
  }
  remit_matcher_settle(&m);
  if (different) {
    remit_text_add(&result, copied, (size_t)(m.text_end - copied));
    remit_text_push(&result);
  } else {
    lua_pushvalue(L, 1);
  }
  lua_pushinteger(L, count);
  return 2;
}
