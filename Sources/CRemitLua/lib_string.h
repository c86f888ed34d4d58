/* What the files of the `string` library share: its functions, and how they count and build text.
 *
 * Work is charged by what it does, never by the clock: a step for every cache line that is copied or looked through, a step for
 * every item that a pattern tries. So a call costs the same on every machine. */
#ifndef REMIT_LIB_STRING_H
#define REMIT_LIB_STRING_H

#include <limits.h>

#include "vm.h"

/* As in Lua, a text that a library makes is shorter than this. */
enum { REMIT_TEXT_LIMIT = INT_MAX };

/* The most results of one call. */
enum { REMIT_RESULTS_MAX = 100000 };

/* Room on the stack for `more` results where there are `count` already; `message` says what is too many. */
static inline void remit_results_room(lua_State *L, size_t count, size_t more, const char *message) {
  if (more > REMIT_RESULTS_MAX - count) luaL_error(L, "%s", message);
  if (lua_checkstack(L, (int)more)) return;
  /* For want of memory: no error that a policy could handle. */
  remit_spend_memory(L);
  luaL_error(L, "not enough memory");
}

/* Lua's positions: 1 is the first byte, -1 the last. The first byte of a range, 1 or more. */
static inline size_t remit_range_start(lua_Integer position, size_t length) {
  if (position > 0) return (size_t)position;
  if (position == 0 || position < -(lua_Integer)length) return 1;
  return length + 1 - (size_t)-position;
}

/* The last byte of a range, at most `length`. */
static inline size_t remit_range_end(lua_Integer position, size_t length) {
  if (position > (lua_Integer)length) return length;
  if (position >= 0) return (size_t)position;
  return position < -(lua_Integer)length ? 0 : length + 1 - (size_t)-position;
}

/* A text that grows. Unlike a luaL_Buffer it takes its memory from Lua's collector: garbage is collected before memory counts as
 * spent, and then the error is the one for memory, which no pcall of a policy catches. It has one stack slot of its own; what
 * lies above that is the caller's. Needs no clean-up when an error passes. */
typedef struct remit_text {
  lua_State *L;
  char *bytes;
  size_t length, capacity;
  size_t owed;                /* bytes not charged yet */
  int slot;
  char small[512];            /* serves until the text outgrows it */
} remit_text;

/* Pushes the slot. */
void remit_text_start(lua_State *L, remit_text *text);
/* Room for `size` bytes behind the text; counts them as work. The caller writes there and adds to `length`. */
char *remit_text_room(remit_text *text, size_t size);
void remit_text_add(remit_text *text, const char *bytes, size_t length);
void remit_text_fill(remit_text *text, char byte, size_t count);
/* Pushes the finished text. */
void remit_text_push(remit_text *text);

int remit_string_find(lua_State *L);      /* lib_pattern.c */
int remit_string_match(lua_State *L);
int remit_string_gmatch(lua_State *L);
int remit_string_gsub(lua_State *L);
int remit_string_format(lua_State *L);    /* lib_format.c */
int remit_string_pack(lua_State *L);      /* lib_pack.c */
int remit_string_packsize(lua_State *L);
int remit_string_unpack(lua_State *L);

#endif
