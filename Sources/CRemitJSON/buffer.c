/* The growing byte buffer. */
#include "remit_json.h"

#include <stdlib.h>

enum { CAPACITY_MIN = 256 };

void remit_buffer_free(remit_buffer *buffer) {
  free(buffer->bytes);
  buffer->bytes = NULL;
  buffer->length = buffer->capacity = 0;
  buffer->failed = false;
}

bool remit_buffer_grow(remit_buffer *buffer, size_t count) {
  if (buffer->failed) return false;
  size_t most = buffer->limit ? buffer->limit : SIZE_MAX;
  if (buffer->length > most || count > most - buffer->length) {
    buffer->failed = true;
    return false;
  }
  size_t needed = buffer->length + count;
  if (needed <= buffer->capacity) return true;
  size_t capacity = buffer->capacity > SIZE_MAX / 2 ? SIZE_MAX : buffer->capacity * 2;
  if (capacity < CAPACITY_MIN) capacity = CAPACITY_MIN;
  if (capacity > most) capacity = most;
  if (capacity < needed) capacity = needed;
  uint8_t *bytes = realloc(buffer->bytes, capacity);
  if (!bytes) {
    /* Doubling was a wish: what is needed may still be there. */
    if (capacity > needed) bytes = realloc(buffer->bytes, capacity = needed);
    if (!bytes) {
      buffer->failed = true;
      return false;
    }
  }
  buffer->bytes = bytes;
  buffer->capacity = capacity;
  return true;
}

void remit_buffer_int64(remit_buffer *buffer, int64_t value) {
  uint8_t text[20], *p = text + sizeof text;
  uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    *--p = (uint8_t)('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude);
  if (value < 0) *--p = '-';
  remit_buffer_append(buffer, p, (size_t)(text + sizeof text - p));
}
