/* Native plugins: a library that was loaded, and how policies call it. */
#ifndef REMIT_LUA_NATIVE_H
#define REMIT_LUA_NATIVE_H

#include "plugin.h"
#include "remit_plugin.h"

struct remit_native {
  const remit_plugin *plugin;
};

/* ---- provide.c */

/* Holds the arguments of a call to what is declared, and their number to the declared one; raises where they differ. */
void remit_check_arguments(lua_State *L, const remit_provided *f);

#endif
