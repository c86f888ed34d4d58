/* Writing strings. */
#include "scan.h"

/* A block that is plain in part is copied whole, and then written over. */
enum { SLACK = REMIT_JSON_BLOCK };

static inline uint64_t load4(const uint8_t *p) {
  uint32_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

/* Makes room for `count` bytes behind `*q` and the slack, outside the limit, which counts only what is written in the end. */
static bool reserve(remit_buffer *buffer, uint8_t **q, size_t count) {
  size_t used = (size_t)(*q - buffer->bytes), limit = buffer->limit, length = buffer->length;
  if (buffer->capacity - used >= count + SLACK) return true;
  buffer->limit = 0;
  buffer->length = used;
  bool room = remit_buffer_grow(buffer, count + SLACK);
  buffer->limit = limit;
  buffer->length = length;
  *q = buffer->bytes + used;
  return room;
}

/* Copies `count` bytes, less than a block, if they are all plain. */
static inline bool copy_plain_tail(uint8_t *q, const uint8_t *p, size_t count) {
  /* Two words that overlap cover 8 ... 16 and 4 ... 8 bytes without a loop and without a byte outside. */
  if (count >= 8) {
    if (remit_json_special8(remit_load8(p)) | remit_json_special8(remit_load8(p + count - 8))) return false;
    memcpy(q, p, 8);
    memcpy(q + count - 8, p + count - 8, 8);
  } else if (count >= 4) {
    if (remit_json_special8(load4(p) << 32 | load4(p + count - 4))) return false;
    memcpy(q, p, 4);
    memcpy(q + count - 4, p + count - 4, 4);
  } else {
    for (size_t i = 0; i < count; i++) {
      if (p[i] < 0x20 || p[i] >= 0x80 || p[i] == '"' || p[i] == '\\') return false;
      q[i] = p[i];
    }
  }
  return true;
}

static inline uint8_t *put_escape(uint8_t *q, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  *q++ = '\\';
  switch (byte) {
    case '"': case '\\': *q++ = byte; break;
    case '\b': *q++ = 'b'; break;
    case '\t': *q++ = 't'; break;
    case '\n': *q++ = 'n'; break;
    case '\f': *q++ = 'f'; break;
    case '\r': *q++ = 'r'; break;
    default:
      *q++ = 'u';
      *q++ = '0';
      *q++ = '0';
      *q++ = (uint8_t)hex[byte >> 4];
      *q++ = (uint8_t)hex[byte & 15];
  }
  return q;
}

bool remit_json_write_string(remit_buffer *buffer, const uint8_t *bytes, size_t length) {
  const uint8_t *p = bytes, *const end = bytes + length;
  if (buffer->failed) return true;
  if (!buffer->bytes && !remit_buffer_grow(buffer, 2)) return true;
  uint8_t *q = buffer->bytes + buffer->length;
  if (!reserve(buffer, &q, length + 2)) return true;

  *q++ = '"';
  /* INVARIANT: behind `q` is room for what is left of the text, the closing quote and the slack. */
  while (p < end) {
    size_t left = (size_t)(end - p);
    if (left >= REMIT_JSON_BLOCK) {
      unsigned n = remit_json_plain(p);
      memcpy(q, p, REMIT_JSON_BLOCK);
      q += n;
      p += n;
      if (n == REMIT_JSON_BLOCK) continue;
    } else if (copy_plain_tail(q, p, left)) {
      q += left;
      break;
    }

    uint8_t byte = *p;
    if (byte >= 0x80) {
      unsigned n = remit_utf8_length(p, (size_t)(end - p));
      if (!n) return false;
      for (unsigned i = 0; i < n; i++) *q++ = *p++;
    } else if (byte < 0x20 || byte == '"' || byte == '\\') {
      /* An escape is longer than its byte. */
      if (!reserve(buffer, &q, (size_t)(end - p) + 1 + 6)) return true;
      q = put_escape(q, byte);
      p++;
    } else {
      *q++ = byte;   /* in a tail, before the byte that is special */
      p++;
    }
  }
  *q++ = '"';

  size_t written = (size_t)(q - buffer->bytes);
  if (buffer->limit && written > buffer->limit) buffer->failed = true;
  else buffer->length = written;
  return true;
}
