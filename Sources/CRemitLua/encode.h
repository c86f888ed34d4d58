/* Lua values -> JSON: what encode.c and decision.c share. */
#ifndef REMIT_ENCODE_H
#define REMIT_ENCODE_H

#include <string.h>

#include "machine.h"

typedef struct remit_encoder {
  remit_buffer *out;
  const char *what;           /* "the decision": for messages */
  uint32_t depth, depth_max;
  size_t ceiling;             /* how long `out` may become */
} remit_encoder;

void remit_encode_value(lua_State *L, remit_encoder *e, int index);
void remit_encode_text(lua_State *L, remit_encoder *e, const char *bytes, size_t length);
/* The table's members between braces, whatever its keys are. */
void remit_encode_object(lua_State *L, remit_encoder *e, int index);
/* True where the keys are 1 … n but Lua does not hold them in that order. */
bool remit_is_sequence(lua_State *L, int index);
_Noreturn void remit_encode_too_large(lua_State *L, remit_encoder *e);

static inline void remit_check_room(lua_State *L, remit_encoder *e) {
  if (__builtin_expect(e->out->failed || e->out->length > e->ceiling, 0)) remit_encode_too_large(L, e);
}

/* A short text of Lua's own that needs no escapes, between quotes: read and copied as one block. Lua's blocks lie in chunks with
 * room behind them, see memory.c. */
enum { REMIT_SHORT_TEXT_MAX = 16 };
static inline bool remit_encode_short(remit_encoder *e, const char *bytes, size_t length) {
#if REMIT_JSON_SSE2
  remit_buffer *out = e->out;
  if (length > REMIT_SHORT_TEXT_MAX || remit_json_plain((const uint8_t *)bytes) < length) return false;
  if (out->capacity - out->length < REMIT_SHORT_TEXT_MAX + 2 || out->limit) return false;
  uint8_t *to = out->bytes + out->length;
  *to = '"';
  memcpy(to + 1, bytes, REMIT_SHORT_TEXT_MAX);
  to[1 + length] = '"';
  out->length += length + 2;
  return true;
#else
  (void)e, (void)bytes, (void)length;
  return false;
#endif
}

#endif
