/* Plugins: what one declares of itself, and what it provides to policies. */
#ifndef REMIT_LUA_PLUGIN_H
#define REMIT_LUA_PLUGIN_H

#include "machine.h"

typedef struct remit_taken {
  const char *name;
  remit_type *type;
} remit_taken;

/* One name in `provides`: a function, or where `takes` is NULL a value. */
typedef struct remit_provided {
  const char *plugin, *name;
  remit_taken *takes;
  uint32_t taken;
  remit_type *gives;          /* of the result, or of the value */
} remit_provided;

typedef struct remit_declared_plugin {
  const char *name;           /* "fx" */
  const char *file;           /* where it declares itself */
  int line;
  const char **files;
  uint32_t file_count;
  remit_provided *provides;
  uint32_t provided_count;
  int slots;                  /* registry: the interned strings of its types */
  struct remit_declared_plugin *next;
} remit_declared_plugin;

/* ---- plugin.c: the declaration */

/* The plugin of that name that has declared itself in this machine, or NULL. */
remit_declared_plugin *remit_plugin_find(remit_vm *vm, const char *name, size_t length);

/* A refused call takes half a microsecond, most of it for its words: a policy that catches one after the other pays for that. */
enum { REMIT_REFUSAL_STEPS = 64 };

/* ---- provide.c: from what a plugin's file returns to what policies get */

/* Where the C function at the top of the stack is one that a plugin provides: its declaration, else NULL. */
const remit_provided *remit_provided_of(lua_State *L);

/* ---- conform.c: values of Lua against declared types */

enum { REMIT_MISFIT_PATH = 160, REMIT_MISFIT_WORDS = 320 };
typedef struct remit_misfit {
  char path[REMIT_MISFIT_PATH];     /* ".vendor.id", "[3]", or nothing */
  char words[REMIT_MISFIT_WORDS];   /* "expected money, got nil" */
} remit_misfit;

/* True where the value at `index` is one of that type; else says why. Raw: no metamethod runs. What undeclared fields of a record
 * hold does not matter. Charges for all that is not constant. */
bool remit_conforms(lua_State *L, int index, const remit_type *type, remit_misfit *why);

/* ---- access.c: who asks, and what it may have */

/* Parts "plugin.fx.table" into the plugin's name and what stands behind it (NULL where nothing does). False where the module is no
 * plugin's. */
bool remit_plugin_module(const char *module, const char **name, size_t *length, const char **part);
/* Pushes the name of the module whose text runs, or nil. */
void remit_push_asking_module(lua_State *L);

#endif
