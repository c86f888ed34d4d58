#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* Where a message must be cut to hold at most `max` bytes and no half of a character. */
void remit_message_clip(const char *bytes, size_t length, size_t max, size_t *out) {
  if (length <= max) {
    *out = length;
    return;
  }
  size_t cut = max;
  while (cut > 0 && ((unsigned char)bytes[cut] & 0xC0) == 0x80) cut--;
  *out = cut;
}

void remit_vm_say(remit_vm *vm, const char *format, ...) {
  char text[2 * sizeof vm->message];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  size_t whole = length < 0 ? 0 : (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
  remit_message_clip(text, whole, sizeof vm->message, &vm->message_length);
  memcpy(vm->message, text, vm->message_length);
}

/* The line of the innermost function written in Lua. */
int remit_on_error(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  lua_Debug ar;
  vm->message_line = 0;
  for (int level = 0; level < 8 && lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline > 0) {
      vm->message_line = (uint32_t)ar.currentline;
      memcpy(vm->message_file, ar.short_src, sizeof ar.short_src);
      break;
    }
  }
  return 1;
}

/* The number in "file.lua:14: ...", "data.csv:14: ..." or "settings.json:14: ...", or 0. */
static uint32_t line_of(const char *message, size_t length) {
  for (size_t i = 0; i + 5 < length && message[i] != ' ' && message[i] != '\n'; i++) {
    bool named = memcmp(message + i, ".lua:", 5) == 0 || memcmp(message + i, ".csv:", 5) == 0;
    if (!named && (i + 6 >= length || memcmp(message + i, ".json:", 6) != 0)) continue;
    uint32_t line = 0;
    for (i += named ? 5 : 6; i < length && message[i] >= '0' && message[i] <= '9' && line < 100000000; i++)
      line = line * 10 + (uint32_t)(message[i] - '0');
    return i < length && message[i] == ':' ? line : 0;
  }
  return 0;
}

/* A luaL_Buffer that cannot grow raises a text instead of Lua's own memory error. */
bool remit_is_memory_error(lua_State *L, int status) {
  if (status == LUA_ERRMEM) return true;
  if (!remit_vm_of(L)->memory.refusals || lua_type(L, -1) != LUA_TSTRING) return false;
  return strcmp(lua_tostring(L, -1), "not enough memory") == 0;
}

/* Puts the place in front of a message that has none. */
void remit_vm_locate(remit_vm *vm, const char *file, int line) {
  if (line_of(vm->message, vm->message_length)) return;
  remit_vm_say(vm, "%s:%d: %.*s", file, line, (int)vm->message_length, vm->message);
  vm->message_line = (uint32_t)line;
}

static remit_status spent_message(remit_vm *vm, remit_status status) {
  switch (status) {
  case REMIT_BUDGET_INSTRUCTIONS: remit_vm_say(vm, "the budget of instructions is spent"); break;
  case REMIT_BUDGET_MEMORY: remit_vm_say(vm, "the budget of memory is spent"); break;
  default: remit_vm_say(vm, "the budget of time is spent"); break;
  }
  return status;
}

remit_status remit_take_error(remit_vm *vm, int lua_status) {
  lua_State *L = vm->L;
  if (vm->spent) return spent_message(vm, vm->spent_status);
  if (remit_is_memory_error(L, lua_status)) return spent_message(vm, REMIT_BUDGET_MEMORY);
  if (lua_type(L, -1) == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);  /* a string already: nothing is converted, so nothing raises */
    size_t clipped;
    remit_message_clip(text, length, sizeof vm->message, &clipped);
    if (remit_utf8_valid((const uint8_t *)text, clipped)) {
      memcpy(vm->message, text, clipped);
      vm->message_length = clipped;
      uint32_t line = line_of(text, clipped);
      if (line) vm->message_line = line;
    } else {
      remit_vm_say(vm, "the error's text is not UTF-8");
    }
  } else {
    remit_vm_say(vm, "the error is a %s value, not a text", lua_typename(L, lua_type(L, -1)));
  }
  if (vm->message_line) remit_vm_locate(vm, vm->message_file, (int)vm->message_line);
  return REMIT_POLICY_ERROR;
}

remit_slice remit_vm_message(const remit_vm *vm) {
  return (remit_slice){(const uint8_t *)vm->message, vm->message_length};
}
