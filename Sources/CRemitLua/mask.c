#define _GNU_SOURCE
#include <string.h>

#include "calendar.h"
#include "machine.h"

/* The message of a failed decision must not show the value of a sensitive field: a policy may put it there, and so may the words of
 * a check. Where it does, the message is left out as a whole. */

enum { COMPARED_MAX = 32, WORD_MAX = 3 };

static bool is_word_part(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

/* The message was cut inside the value. */
static bool ends_in_beginning(const remit_vm *vm, const char *value, size_t length) {
  if (vm->message_length + 8 < sizeof vm->message) return false;
  for (size_t part = length; part >= WORD_MAX; part--)
    if (memcmp(vm->message + vm->message_length - part, value, part) == 0) return true;
  return false;
}

/* A short value counts where it stands alone. */
static bool shows(const remit_vm *vm, const char *value, size_t length) {
  if (!length) return false;
  bool is_short = length < WORD_MAX;
  if (length > COMPARED_MAX) length = COMPARED_MAX;
  if (ends_in_beginning(vm, value, length)) return true;
  const char *from = vm->message, *end = vm->message + vm->message_length;
  while ((size_t)(end - from) >= length) {
    const char *found = memmem(from, (size_t)(end - from), value, length);
    if (!found) return false;
    bool alone = (found == vm->message || !is_word_part(found[-1])) && (found + length == end || !is_word_part(found[length]));
    if (!is_short || alone) return true;
    from = found + 1;
  }
  return false;
}

static bool shows_number(const remit_vm *vm, const char *text, size_t length) {
  remit_decimal value;
  char canonical[REMIT_DECIMAL_TEXT_MAX];
  if (remit_decimal_parse(text, length, true, &value) != REMIT_DECIMAL_OK) return false;
  return shows(vm, canonical, remit_decimal_format(&value, canonical));
}

/* A policy is handed a time in UTC, however it was written. Its day alone tells most of it, and stands in the whole as well. */
static bool shows_day(const remit_vm *vm, const char *text, size_t length) {
  enum { DAY_LENGTH = 10 };
  char canonical[32];
  return remit_timestamp_parse(text, length, canonical) && shows(vm, canonical, DAY_LENGTH);
}

static bool shows_scalar(remit_vm *vm, const remit_type *type, remit_slice value) {
  if (value.bytes[0] == 't' || value.bytes[0] == 'f' || value.bytes[0] == 'n') return false;
  const char *text = (const char *)value.bytes;
  size_t length = value.length;
  if (*text == '"') {
    remit_buffer *room = &vm->scratch;
    room->length = 0;
    room->failed = false;
    remit_buffer_append(room, value.bytes, value.length);
    if (room->failed) return true;  /* it cannot be known */
    length = remit_json_unescape(value.bytes + 1, value.length - 2, room->bytes);
    text = (const char *)room->bytes;
  }
  if (shows(vm, text, length)) return true;
  return type->kind == REMIT_TIMESTAMP ? shows_day(vm, text, length) : shows_number(vm, text, length);
}

static bool shows_any(remit_vm *vm, const remit_type *type, remit_slice value) {
  uint8_t first = value.bytes[0];
  if (first != '{' && first != '[') return type->sensitive && shows_scalar(vm, type, value);
  if ((type->kind == REMIT_RECORD || type->kind == REMIT_MAP) != (first == '{')) return false;
  remit_json_walk walk;
  if (!remit_json_walk_start(&walk, value)) return false;
  while (remit_json_walk_next(&walk)) {
    const remit_type *inner = type->of;
    if (type->kind == REMIT_RECORD) {
      uint8_t key[256];
      if (walk.key.length > sizeof key) continue;
      int32_t field = remit_type_field(type, key, remit_json_unescape(walk.key.bytes, walk.key.length, key));
      if (field < 0) continue;
      inner = type->fields[field].type;
    }
    if (inner && shows_any(vm, inner, walk.value)) return true;
  }
  return false;
}

/* Of "file:line: " in front of the message; 0 where it names no place. */
static size_t place_length(const remit_vm *vm) {
  for (size_t i = 1; i + 2 < vm->message_length; i++) {
    if (vm->message[i] != ':' || vm->message[i + 1] != ' ') continue;
    return vm->message[i - 1] >= '0' && vm->message[i - 1] <= '9' ? i + 2 : 0;
  }
  return 0;
}

void remit_mask_message(remit_vm *vm, const remit_type *type, remit_slice input) {
  while (input.length && (*input.bytes == ' ' || *input.bytes == '\t' || *input.bytes == '\n' || *input.bytes == '\r'))
    input.bytes++, input.length--;
  if (!input.length || !vm->message_length || !shows_any(vm, type, input)) return;
  remit_vm_say(vm, "%.*sthe error's message shows a sensitive field, and is left out", (int)place_length(vm), vm->message);
}
