#include <string.h>

#include "table_check.h"

/* Transactions as JSON, from a class for each input. */

/* The digits of a number are written as they stand; what is longer than this says nothing to anybody. */
enum { DIGITS_MAX = 64 };

static void write_value(remit_checker *ck, const remit_example *value) {
  remit_buffer *out = ck->out;
  char digits[REMIT_DECIMAL_TEXT_MAX];
  switch (value->kind) {
  case REMIT_SCALAR_BOOLEAN:
    remit_buffer_append(out, value->yes ? "true" : "false", value->yes ? 4 : 5);
    break;
  case REMIT_SCALAR_NUMBER:
    remit_buffer_append(out, digits, remit_decimal_format(&value->number, digits));
    break;
  case REMIT_SCALAR_TEXT:
    if (!remit_json_write_string(out, (const uint8_t *)value->text, value->length)) remit_buffer_append(out, "null", 4);
    break;
  case REMIT_SCALAR_OTHER:
    remit_buffer_append(out, "{}", 2);
    break;
  default:
    remit_buffer_append(out, "null", 4);
  }
}

const char *remit_push_shown(remit_checker *ck, const remit_example *value) {
  char digits[REMIT_DECIMAL_TEXT_MAX];
  size_t length;
  switch (value->kind) {
  case REMIT_SCALAR_BOOLEAN: return lua_pushstring(ck->L, value->yes ? "true" : "false");
  case REMIT_SCALAR_NUMBER:
    remit_message_clip(digits, remit_decimal_format(&value->number, digits), DIGITS_MAX, &length);
    return lua_pushlstring(ck->L, digits, length);
  case REMIT_SCALAR_TEXT:
    remit_message_clip(value->text, value->length, DIGITS_MAX, &length);
    lua_pushlstring(ck->L, value->text, length);
    return lua_pushfstring(ck->L, "\"%s%s\"", lua_tostring(ck->L, -1), length < value->length ? "…" : "");
  default: return lua_pushliteral(ck->L, "nothing");
  }
}

typedef struct tree {
  remit_checker *ck;
  const uint32_t *classes;
  bool *written;
} tree;

static int32_t part_of(const remit_checker *ck, uint32_t input, uint32_t depth) {
  return ck->table->parts[ck->table->inputs[input].first_part + depth];
}

bool remit_same_way(const remit_checker *ck, uint32_t a, uint32_t b, uint32_t depth) {
  lua_State *L = ck->L;
  if (ck->table->inputs[b].part_count < depth) return false;
  for (uint32_t i = 0; i < depth; i++) {
    lua_rawgeti(L, ck->slots, part_of(ck, a, i));
    lua_rawgeti(L, ck->slots, part_of(ck, b, i));
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (!same) return false;
  }
  return true;
}

/* Writes the object of the inputs whose first `depth` names are those of `first`. */
static void write_object(tree *t, uint32_t first, uint32_t depth) {
  remit_checker *ck = t->ck;
  bool any = false;
  remit_buffer_byte(ck->out, '{');
  for (uint32_t i = first; i < ck->input_count; i++) {
    if (t->written[i] || !remit_same_way(ck, first, i, depth)) continue;
    remit_charge(ck->L, 2 * (uint64_t)ck->input_count);
    if (any) remit_buffer_byte(ck->out, ',');
    any = true;
    size_t length;
    lua_rawgeti(ck->L, ck->slots, part_of(ck, i, depth));
    const char *name = lua_tolstring(ck->L, -1, &length);
    remit_json_write_string(ck->out, (const uint8_t *)name, length);
    lua_pop(ck->L, 1);
    remit_buffer_byte(ck->out, ':');
    if (ck->table->inputs[i].part_count > depth + 1) {
      write_object(t, i, depth + 1);
      continue;
    }
    remit_example value;
    remit_class_example(ck, &ck->inputs[i], t->classes[i], &value);
    write_value(ck, &value);
    lua_pop(ck->L, 1);
    t->written[i] = true;
  }
  remit_buffer_byte(ck->out, '}');
}

void remit_write_example(remit_checker *ck, const uint32_t *classes) {
  luaL_checkstack(ck->L, 20, NULL);
  bool *written = lua_newuserdatauv(ck->L, ck->input_count + 1, 0);
  tree t = {ck, classes, written};
  for (uint32_t i = 0; i < ck->input_count; i++)
    written[i] = classes[i] == UINT32_MAX || classes[i] == REMIT_CLASS_NIL;  /* a field that is missing */
  uint32_t first = 0;
  while (first < ck->input_count && written[first]) first++;
  if (first < ck->input_count) write_object(&t, first, 0);
  else remit_buffer_append(ck->out, "{}", 2);
  lua_pop(ck->L, 1);
}
