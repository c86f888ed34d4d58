/* Lua seeds its hash of texts with the clock and with addresses, so that nobody can write texts that collide. But a hash decides
 * when a table grows, and with that what `#` says of a list with holes: a decision would differ from one process to the next.
 * The package links with --wrap=luaS_hash. That catches the only call between Lua's object files, the one that makes the seed.
 * What collides on purpose is slow, then, and ends with the decision's time: see watchdog.c. */

#include <stddef.h>

unsigned __wrap_luaS_hash(const char *text, size_t length, unsigned seed);

unsigned __wrap_luaS_hash(const char *text, size_t length, unsigned seed) {
  (void)text, (void)length, (void)seed;
  return 0x9E3779B9u;
}
