/* The one JSON grammar of the project (RFC 8259, UTF-8): a cursor that walks a text and validates every byte that it passes,
 * and a writer. No Lua, and no allocation but the writer's buffer.
 *
 * Every text handed in must have REMIT_JSON_PADDING readable bytes behind its end; what they hold does not matter. Bytes to
 * be written or checked (remit_json_write_string, remit_buffer_append, remit_utf8_valid) need none. */
#ifndef REMIT_JSON_H
#define REMIT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
  REMIT_JSON_PADDING = 64,
  /* Deeper than this is refused whatever `depth_max` says, so that skipping needs neither recursion nor memory. */
  REMIT_JSON_DEPTH_LIMIT = 1024,
};

typedef struct remit_slice {
  const uint8_t *bytes;
  size_t length;
} remit_slice;

typedef enum remit_json_status {
  REMIT_JSON_OK = 0,
  REMIT_JSON_TRUNCATED,      /* the text ends inside a value */
  REMIT_JSON_UNEXPECTED,     /* a byte that cannot stand here */
  REMIT_JSON_BAD_NUMBER,
  REMIT_JSON_BAD_ESCAPE,     /* unknown escape, or half of a surrogate pair */
  REMIT_JSON_BAD_UTF8,
  REMIT_JSON_CONTROL,        /* an unescaped control character in a string */
  REMIT_JSON_TOO_DEEP,
} remit_json_status;

/* What a status means, in a few lower-case words: "unexpected character", "text ends inside a value". */
const char *remit_json_status_text(remit_json_status status);

typedef struct remit_json_cursor {
  const uint8_t *at;         /* the next byte to read; where reading failed: the byte at fault */
  const uint8_t *end;        /* after a failure the same as `at`, so that nothing more can be read */
  remit_json_status status;  /* the first failure; every function returns false from then on */
  uint32_t depth;            /* arrays and objects open at `at` */
  uint32_t depth_max;
} remit_json_cursor;

/* A string's bytes between its quotes, as written. */
typedef struct remit_json_string {
  const uint8_t *bytes;
  size_t length;
  bool escaped;              /* holds at least one backslash: unescape before use */
} remit_json_string;

/* A number as written, and its value: (negative ? -1 : 1) * coefficient * 10^exponent where `fits`. */
typedef struct remit_json_number {
  const uint8_t *bytes;
  size_t length;
  uint64_t coefficient;
  int32_t exponent;
  bool negative;
  bool fits;                 /* at most 19 digits, leading zeros not counted, and a small exponent; else use bytes and length */
} remit_json_number;

/* Passes white space. True where a byte is left. */
static inline bool remit_json_space(remit_json_cursor *c) {
  const uint8_t *p = c->at, *end = c->end;
  /* Mostly there is none. Then nothing is stored, so that the next read need not wait for it. */
  if (p < end && *p > ' ') return true;
  while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) p++;
  c->at = p;
  return p < end;
}

/* Each reads one thing that starts at `at` (white space before it already passed), validates it, and leaves `at` behind it. */
static inline bool remit_json_read_string(remit_json_cursor *c, remit_json_string *out);   /* `at` is at the opening quote */
static inline bool remit_json_read_number(remit_json_cursor *c, remit_json_number *out);   /* `at` is at '-' or a digit */
bool remit_json_read_literal(remit_json_cursor *c, uint8_t *out);            /* true, false, null: *out is 't', 'f' or 'n' */
static inline bool remit_json_skip(remit_json_cursor *c);                    /* any value, validated whole */
/* Passes any value without validating what is inside of an array or object: it ends where skipping it would if it is valid, and
 * somewhere if it is not. So what was passed must be validated as one value before the text counts as valid. */
bool remit_json_pass(remit_json_cursor *c);
/* Records the first failure and returns false. At or past `end` it is REMIT_JSON_TRUNCATED whatever `status` says. */
bool remit_json_fail(remit_json_cursor *c, remit_json_status status, const uint8_t *at);

/* One whole text: a single value with white space around it. Returns its status; `*fault` is the byte at fault. */
remit_json_status remit_json_validate(remit_slice text, uint32_t depth_max, const uint8_t **fault);

/* The bytes that a valid string means; `out` has room for `length` bytes (never longer) and overlaps nothing. Returns how many. */
size_t remit_json_unescape(const uint8_t *bytes, size_t length, uint8_t *out);

/* Walks the members of an object or the elements of an array that is already known to be valid:
 *   remit_json_walk w; remit_json_walk_start(&w, text); while (remit_json_walk_next(&w)) … w.key, w.value …
 * Keys are as written between their quotes; an array leaves `key` empty. False at the end, or where `text` is neither. */
typedef struct remit_json_walk {
  remit_json_cursor cursor;
  bool object;
  remit_json_string key;
  remit_slice value;         /* as written, no white space around it */
} remit_json_walk;
bool remit_json_walk_start(remit_json_walk *walk, remit_slice text);
bool remit_json_walk_next(remit_json_walk *walk);

/* True where every byte belongs to well-formed UTF-8 (no surrogates, nothing overlong, nothing past U+10FFFF). */
bool remit_utf8_valid(const uint8_t *bytes, size_t length);

/* A growing byte buffer. A failed allocation or a passed `limit` sets `failed`, and later writes do nothing. */
typedef struct remit_buffer {
  uint8_t *bytes;
  size_t length, capacity;
  size_t limit;              /* 0: none */
  bool failed;
} remit_buffer;

void remit_buffer_free(remit_buffer *buffer);
/* Room for `count` more bytes; false (and `failed`) where there is none. */
bool remit_buffer_grow(remit_buffer *buffer, size_t count);
/* True where `count` more bytes need no growing; may be false where they need none. */
static inline bool remit_buffer_has_room(const remit_buffer *buffer, size_t count) {
  /* No limit is 0, and 0 - 1 is the largest. */
  size_t most = buffer->limit - 1;
  if (buffer->capacity < most) most = buffer->capacity;
  return !buffer->failed && buffer->length <= most && count <= most - buffer->length;
}
static inline void remit_buffer_append(remit_buffer *buffer, const void *bytes, size_t count) {
  if (count && (remit_buffer_has_room(buffer, count) || remit_buffer_grow(buffer, count))) {
    memcpy(buffer->bytes + buffer->length, bytes, count);
    buffer->length += count;
  }
}
static inline void remit_buffer_byte(remit_buffer *buffer, uint8_t byte) {
  if (remit_buffer_has_room(buffer, 1) || remit_buffer_grow(buffer, 1)) buffer->bytes[buffer->length++] = byte;
}
void remit_buffer_int64(remit_buffer *buffer, int64_t value);

/* Appends a JSON string with its quotes: `"`, `\` and control characters escaped (\b \t \n \f \r, else \u00xx), all else as it is.
 * False, and nothing appended, where the bytes are not UTF-8; a buffer that fails is told by its `failed` alone. */
bool remit_json_write_string(remit_buffer *buffer, const uint8_t *bytes, size_t length);

#include "remit_json_inline.h"

#endif
