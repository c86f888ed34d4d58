/* What the parts of the machine share. Not seen outside CRemitLua. */
#ifndef REMIT_VM_H
#define REMIT_VM_H

#include <lua54.h>

#include "remit_decimal.h"
#include "remit_lua.h"
#include "remit_short.h"

static inline remit_vm *remit_vm_of(lua_State *L) { return *(remit_vm **)lua_getextraspace(L); }

/* ---- Budgets (budget.c). A step is about one VM instruction. */

/* Takes `steps` from the budget for work of a library call, before it is done. Raises when the budget is spent; that error
 * cannot be caught. Cheap: call it once per call with the total, or every few hundred steps of an open-ended loop. */
void remit_charge(lua_State *L, uint64_t steps);

/* Copying or looking through bytes is charged by the cache line. */
enum { REMIT_BYTES_PER_STEP = 64 };
static inline void remit_charge_bytes(lua_State *L, size_t bytes) {
  if (bytes >= REMIT_BYTES_PER_STEP) remit_charge(L, bytes / REMIT_BYTES_PER_STEP);
}

/* Raises the error of a spent memory budget at once where so many bytes can never fit in it. */
void remit_expect_bytes(lua_State *L, size_t bytes);
/* True where the budget is spent: that error is on its way and must be raised again by whoever catches it. */
bool remit_is_spent(lua_State *L);
/* True where the error of a failed lua_pcall, on the top of the stack, comes from memory running out. */
bool remit_is_memory_error(lua_State *L, int status);
/* Marks the memory budget as spent, after Lua ran out of memory; the caller raises. */
void remit_spend_memory(lua_State *L);

/* How many modules are being loaded, one in another. One that failed half-way stays among them: what it left behind may be read-only
 * already, so its error must not be caught. */
uint32_t remit_modules_open(lua_State *L);

/* True for a function that translated text calls where the policy has an operator (load.c). */
bool remit_is_helper(lua_CFunction function);

/* ---- Read-only tables (freeze.c). */

/* Raises unless the table at `index` may be written: "attempt to modify a read-only table". */
void remit_check_writable(lua_State *L, int index);
/* True for a row of a dataset, which is read-only (dataset.c). */
bool remit_is_row(lua_State *L, int index);
/* Raises where the table at `index` cannot be a metatable: it holds __gc, __close, __mode or __metatable, or its __newindex is a
 * read-only table. */
void remit_check_metatable(lua_State *L, int index);

/* ---- Traces (trace.c). */

/* Notes that all values of the table at `index` are read, where it has a name: by C that looks into it as traced text does not. */
void remit_trace_whole(lua_State *L, int index);

/* ---- Numbers (number.c). A policy's number is a Lua integer, a float that stands for a short decimal, or a userdata that
 * holds a longer decimal; all three are "number" to it. A value is never both short and a userdata. */

bool remit_is_number(lua_State *L, int index);
/* The value at `index` (no text is converted); false where it is no number, or an integer past 2^53 - 1: raise with
 * remit_number_error then. */
bool remit_to_decimal(lua_State *L, int index, remit_decimal *out);
/* Raises what is wrong with the value at `index`, for which remit_to_decimal or remit_number_text failed. */
int remit_number_error(lua_State *L, int index);
/* Pushes a decimal: a Lua float where short, else a userdata (one per value, so keys and == work). May raise for memory. */
void remit_push_decimal(lua_State *L, const remit_decimal *value);
/* Like luaL_checkinteger for a whole value of any representation within +-(2^53 - 1); raises with the argument's number. */
lua_Integer remit_check_integer(lua_State *L, int arg);
lua_Integer remit_opt_integer(lua_State *L, int arg, lua_Integer fallback);
/* Raises luaL_argerror where it is no number. */
void remit_check_decimal(lua_State *L, int arg, remit_decimal *out);
/* "number", "string", "table", …: luaL_typename, with "number" for long decimals too and "string" for timestamps. */
const char *remit_typename(lua_State *L, int index);
/* Pushes the text of the value at `index` (honours __tostring and __name; never an address) and returns it. */
const char *remit_push_text(lua_State *L, int index, size_t *length);
/* Like luaL_checklstring, but a number argument becomes its canonical text. Replaces the argument on the stack. */
const char *remit_check_text(lua_State *L, int arg, size_t *length);
/* Canonical text of a number at `index` into `text` (REMIT_DECIMAL_TEXT_MAX bytes); 0 where it is none. */
size_t remit_number_text(lua_State *L, int index, char *text);
/* The number that a text means (Lua's tonumber rules without binary floats: decimal with optional exponent, hex integers,
 * white space around it), pushed; false and nothing pushed where it means none. */
bool remit_push_number_from_text(lua_State *L, const char *text, size_t length);

/* ---- The libraries. Each pushes one table of functions (or sets globals), called once while the machine is made. */

int remit_open_base(lua_State *L);      /* lib_base.c: sets assert error ipairs next pairs pcall … into the table at index 1 */
/* Forgets the table that `next` last walked: at the start of each decision, so that its steps do not depend on the one before. */
void remit_forget_keys(lua_State *L);
/* There is something to forget. */
void remit_note_walk(lua_State *L);
int remit_open_string(lua_State *L);    /* lib_string.c, lib_pattern.c, lib_format.c */
int remit_open_table(lua_State *L);     /* lib_table.c */
int remit_open_math(lua_State *L);      /* lib_math.c */
int remit_open_utf8(lua_State *L);      /* lib_utf8.c */
int remit_open_decimal(lua_State *L);   /* lib_decimal.c */
int remit_open_date(lua_State *L);      /* lib_date.c */

#endif
