/* Native plugins for Remit: functions in a shared library that policies call as `require "plugin.<name>"`.
 *
 * A library exports one function, `remit_plugin_v1`, which returns a description of itself that stays as it is for as long as the
 * process runs:
 *
 *     static int twice(const remit_plugin_value *arguments, size_t count, const remit_plugin_host *host) {
 *       return host->give_integer(host, 2 * arguments[0].integer);
 *     }
 *
 *     static const remit_plugin_argument twice_arguments[] = {{"number", REMIT_PLUGIN_INTEGER}};
 *     static const remit_plugin_function functions[] = {
 *       {"twice", "The number doubled.", twice_arguments, 1, REMIT_PLUGIN_INTEGER, 10, 0, twice},
 *     };
 *     static const remit_plugin plugin = {REMIT_PLUGIN_VERSION, "twice", "1.0.0", "Doubles.", functions, 1};
 *
 *     REMIT_PLUGIN_EXPORT const remit_plugin *remit_plugin_v1(void) { return &plugin; }
 *
 * Remit loads a library only where the command line names it (`--native-plugin twice=libtwice.so`), once a process, and never
 * unloads it. A digest of its bytes is part of the version of every policy that uses it.
 *
 * What a function must keep to, since decisions are to be the same everywhere:
 *
 *   - It is pure. Its result depends on its arguments alone: no clock, no chance, no environment, no file, no network, no locale,
 *     no state from one call to the next.
 *   - It is safe on many threads. Each worker calls on its own thread, at the same time as the others.
 *   - It returns. Nothing can interrupt it: its decision's clock (50 ms of processor time) is looked at after it has returned, so a
 *     call that takes longer fails, but takes that long.
 *   - Nothing is thrown and nothing jumps out of it: no C++ exception, no longjmp, no Swift trap. It runs in Remit's own process:
 *     a crash in it is a crash of Remit.
 *   - It says what it costs. `cost` and `cost_per_byte` are charged to the decision's budget of 1,000,000 steps before each call.
 *     A step is about 5 ns of work. A function whose work grows faster than its input must refuse long input.
 *
 * This header needs nothing but the C library. It is valid C11 and C++11. */
#ifndef REMIT_PLUGIN_H
#define REMIT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. What has another one is not loaded. */
#define REMIT_PLUGIN_VERSION 1

/* Marks the exported function. */
#if defined(__GNUC__) || defined(__clang__)
#define REMIT_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define REMIT_PLUGIN_EXPORT
#endif

/* ---- Limits */

enum {
  REMIT_PLUGIN_FUNCTIONS_MAX = 256,
  REMIT_PLUGIN_ARGUMENTS_MAX = 16,
  REMIT_PLUGIN_RESULT_BYTES_MAX = 65536,  /* of a text that is given */
  REMIT_PLUGIN_ERROR_BYTES_MAX = 512      /* of an error's message; what is longer is cut */
};

/* ---- Types of arguments and results. `| REMIT_PLUGIN_OPTIONAL` lets nil stand for the value. */

enum {
  REMIT_PLUGIN_NIL = 0,      /* of a value alone: there is none */
  REMIT_PLUGIN_TEXT = 1,     /* UTF-8 */
  REMIT_PLUGIN_NUMBER = 2,   /* an exact decimal as text: "-12.5", 34 significant digits, no exponent, canonical in arguments */
  REMIT_PLUGIN_INTEGER = 3,  /* within 2^53 - 1 of zero */
  REMIT_PLUGIN_BOOLEAN = 4,
  REMIT_PLUGIN_DATE = 5,     /* a text: "2025-12-31" */
  REMIT_PLUGIN_OPTIONAL = 256
};

/* One argument. `bytes` belong to Remit and are valid during the call; they need not end in a zero byte, and may hold some. */
typedef struct remit_plugin_value {
  uint32_t type;             /* as declared, without REMIT_PLUGIN_OPTIONAL; REMIT_PLUGIN_NIL where nothing was passed */
  const char *bytes;         /* of a text, number or date; else NULL */
  size_t length;
  int64_t integer;           /* an integer; a boolean as 0 or 1 */
} remit_plugin_value;

/* What a function hands its result to. Every `give_` and `fail` copies what it gets before it returns, so what is handed over stays
 * the plugin's own. A later one takes the place of an earlier one; without any the result is nil.
 *
 * Each returns what the function is to return in turn: 0, or for `fail` 1. */
typedef struct remit_plugin_host {
  int (*give_text)(const struct remit_plugin_host *host, const char *bytes, size_t length);  /* text, number or date, as declared */
  int (*give_integer)(const struct remit_plugin_host *host, int64_t value);
  int (*give_boolean)(const struct remit_plugin_host *host, int value);
  /* There is no result, and the decision is an error with this message: UTF-8, lower case, one line. */
  int (*fail)(const struct remit_plugin_host *host, const char *message, size_t length);
} remit_plugin_host;

/* Does the work. `arguments` holds one value for each declared argument, already held to its type. Returns 0 for a result, anything
 * else for an error. */
typedef int (*remit_plugin_call)(const remit_plugin_value *arguments, size_t count, const remit_plugin_host *host);

/* ---- The description. All pointers in it stay valid and unchanged; all texts end in a zero byte and are UTF-8. */

typedef struct remit_plugin_argument {
  const char *name;
  uint32_t type;
} remit_plugin_argument;

typedef struct remit_plugin_function {
  const char *name;          /* letters, digits and underscores, no digit first */
  const char *summary;
  const remit_plugin_argument *arguments;
  size_t argument_count;
  uint32_t result;           /* its type */
  uint64_t cost;             /* steps for a call */
  uint64_t cost_per_byte;    /* and for each byte of texts, numbers and dates among the arguments */
  remit_plugin_call call;
} remit_plugin_function;

typedef struct remit_plugin {
  uint32_t version;          /* REMIT_PLUGIN_VERSION. INVARIANT: the first member of every version of this structure. */
  const char *name;          /* as policies know it */
  const char *release;       /* the plugin's own version: "1.0.0" */
  const char *summary;
  const remit_plugin_function *functions;
  size_t function_count;
} remit_plugin;

/* The one symbol that a library exports. */
REMIT_PLUGIN_EXPORT const remit_plugin *remit_plugin_v1(void);

#ifdef __cplusplus
}
#endif

#endif
