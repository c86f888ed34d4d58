/* The installed Lua 5.4 headers, for CRemitLua alone. */
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
