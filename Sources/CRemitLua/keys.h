/* The order in which policies see a table's keys: the array part (1 ... n up to the first nil), then the other numbers by value,
 * then texts by their bytes, then false, then true. Lua's own order changes from run to run. */
#ifndef REMIT_KEYS_H
#define REMIT_KEYS_H

#include "vm.h"

/* Pushes a fresh list of the keys of the table at `index`, in order, and returns how many. Where the table is an array and
 * nothing else it pushes nil: the keys are 1 ... n. Charges its work; raises where a key is of another type. */
lua_Integer remit_push_keys(lua_State *L, int index);

/* Pushes the first key, or nil where the table is empty. Charges and raises likewise, but for a table that has a 1. */
void remit_push_first_key(lua_State *L, int index);

/* The place in the list of keys at `list` of the first key behind the one at `key`, which may be gone from the table. */
lua_Integer remit_place_after(lua_State *L, int list, lua_Integer count, int key);

#endif
