/* The policy machine: one sandboxed Lua state that loads policies and decides inputs.
 *
 * No Lua error leaves any function here: each makes at most one protected call and returns a status. A machine belongs to one
 * thread at a time. No Lua type shows. */
#ifndef REMIT_LUA_H
#define REMIT_LUA_H

#include "remit_dataset.h"
#include "remit_json.h"

typedef struct remit_vm remit_vm;

typedef enum remit_status {
  REMIT_OK = 0,
  REMIT_PARSE_ERROR,
  REMIT_INVALID_INPUT,
  REMIT_INVALID_PARAMS,
  REMIT_POLICY_ERROR,
  REMIT_BUDGET_INSTRUCTIONS,
  REMIT_BUDGET_MEMORY,
  REMIT_BUDGET_TIME,
  REMIT_INTERNAL_ERROR,
} remit_status;

typedef struct remit_budget {
  int64_t instructions;
  size_t memory_bytes;
  uint32_t milliseconds;
} remit_budget;

typedef struct remit_limits {
  remit_budget decision;
  remit_budget load;
  size_t decision_bytes;      /* a decision as JSON */
  uint32_t nesting_depth;     /* of input and decision */
  size_t group_memory_bytes;  /* the most that the rows of a group share, see remit_vm_group_decide */
} remit_limits;

/* A module's translated text, as RemitSyntax emits it. */
typedef struct remit_module {
  remit_slice file;           /* as messages name it: "approval/purchase_order.lua" */
  remit_slice text;
  /* Lines at which functions start that assign to a local of a function around them; such a function may not outlive loading. */
  const uint32_t *writer_lines;
  size_t writer_count;
  uint32_t site_count;        /* of a traced text: how many places it tells of; 0: the text is not traced */
  /* The names of the keys of each `find { … }` and `find_all { … }` that is written out: each ends in a zero byte, each list in
   * another. */
  remit_slice lookups;
} remit_module;

/* What an administrator has set for one plugin: a JSON object that is known to be valid, where in which file it begins. */
typedef struct remit_settings {
  remit_slice json;
  remit_slice file;           /* as messages name it: "plugins/settings.json" */
  uint32_t line;
} remit_settings;

/* The library of a native plugin. It is loaded for good, and any thread may use it. */
typedef struct remit_native remit_native;

/* Loads the library that the bytes are, which must describe itself as a plugin of that name. NULL where it cannot be: `message`
 * (`size` bytes) says why. */
const remit_native *remit_native_load(remit_slice bytes, const char *name, char *message, size_t size);
/* The plugin's own version. */
const char *remit_native_release(const remit_native *native);

/* What the machine asks its owner for while it loads. Each returns false for "no such thing"; what they hand out lives as long as
 * the machine. `name` is a module as `require` names it; `file` is named from the folder of the asking module; `plugin` is a name
 * without "plugin.". Of a dataset the owner may have one that was made of the same bytes under an equal declaration; else it gives
 * the file's records to the builder. */
typedef struct remit_source {
  void *context;
  bool (*module)(void *context, remit_slice name, remit_module *out);
  bool (*file)(void *context, remit_slice module, remit_slice file, remit_slice *out);
  bool (*settings)(void *context, remit_slice plugin, remit_settings *out);
  bool (*dataset)(void *context, remit_slice module, remit_slice file, remit_dataset_builder *builder, remit_dataset **out);
  const remit_native *(*native)(void *context, remit_slice plugin);  /* NULL: there is none */
} remit_source;

/* NULL where memory runs out. The source is copied. */
remit_vm *remit_vm_create(const remit_limits *limits, const remit_source *source);
void remit_vm_destroy(remit_vm *vm);

/* Loads the policy of that name with everything it requires, under the load budget. On success `*policy` is its number.
 * On failure `remit_vm_message` says why, with file and line. */
remit_status remit_vm_load_policy(remit_vm *vm, remit_slice name, uint32_t *policy);
/* Loads any module, for what is wrong with it. */
remit_status remit_vm_load_module(remit_vm *vm, remit_slice name);
/* Loads a test file's module; `*cases` receives a JSON array of its cases, valid until the next call. */
remit_status remit_vm_load_tests(remit_vm *vm, remit_slice name, remit_slice *tests);
/* Calls a property of the loaded tests, under the budget of one decision. `input` is one JSON value, `answers` a JSON array of what
 * its calls of `decide` gave before, {"decision":…} or {"error":…} each. The result is {"holds":true}, {"holds":false,"message":…},
 * or {"ask":…}, the input of one more decision: ask again with that answer behind the others. Valid until the next call. */
remit_status remit_vm_call_property(remit_vm *vm, uint32_t number, remit_slice input, remit_slice answers, remit_slice *result);

/* Loads a plugin alone, as a policy's `require` of the module would. */
remit_status remit_vm_load_plugin(remit_vm *vm, remit_slice module);
/* Calls what a loaded plugin provides under that name, or reads it where it is a value, under the budget of a decision: for tests.
 * `arguments` is a valid JSON array; `*result` receives the result as JSON, valid until the next call. */
remit_status remit_vm_call_plugin(remit_vm *vm, remit_slice module, remit_slice name, remit_slice arguments, remit_slice *result);

/* The declaration as JSON: summary, source, outcomes, input, params, reasons; valid until the next call. */
remit_status remit_vm_describe(remit_vm *vm, uint32_t policy, remit_slice *out);
/* Searches the rules of every decision table that the policy reads, its params having their defaults: a JSON array of findings,
 * {"kind","file","line"[,"rule"],"message"[,"example"]}, valid until the next call. Under the load budget. */
remit_status remit_vm_check_tables(remit_vm *vm, uint32_t policy, remit_slice *findings);
/* What stands in each result line between id and decision: `,"policy":"…","version":"…"`. Copied. */
bool remit_vm_set_label(remit_vm *vm, uint32_t policy, remit_slice label);

/* Sets params from a JSON object (texts or values by name); what it does not name gets its default. Runs `check`.
 * REMIT_INVALID_PARAMS with a message where one is unknown, mistyped or refused; after any failure all have their defaults. */
remit_status remit_vm_set_params(remit_vm *vm, uint32_t policy, remit_slice json);

/* The decision's time: an RFC 3339 time or a date. False where it is neither. */
bool remit_vm_set_at(remit_vm *vm, remit_slice at);

/* Decides one input, and appends `{"id":…,"policy":…,"version":…,"decision":{…}}` or, with `line`, `"error":{…}` and a newline to
 * `out`. `input` has REMIT_JSON_PADDING readable bytes behind it. The status says what became of it; every status but
 * REMIT_OK wrote an error line, and the machine is ready for the next input (unless `remit_vm_spent`). */
remit_status remit_vm_decide(remit_vm *vm, uint32_t policy, remit_slice input, uint64_t line, remit_buffer *out);

/* What stands around a decision, and around an error. */
typedef enum remit_form {
  REMIT_FORM_LINE,            /* of remit_vm_decide */
  REMIT_FORM_REPLY,           /* {"jsonrpc":"2.0","id":…,"result":{"policy":…,"version":…,"decision":{…}}}, or "error" as JSON-RPC has it */
  REMIT_FORM_ELEMENT,         /* {"decision":{…}} or {"error":{…}} */
} remit_form;
/* Decides as remit_vm_decide does; no newline is written. `id`: of a reply, as it is to stand there; empty for null. */
remit_status remit_vm_decide_as(remit_vm *vm, uint32_t policy, remit_slice input, remit_form form, remit_slice id, remit_buffer *out);
/* Appends why the last call failed, which was not one that decides and returned `status`, in one of the forms. */
void remit_vm_write_failure(remit_vm *vm, uint32_t policy, remit_status status, remit_form form, remit_slice id, remit_buffer *out);

/* ---- Tracing: of machines whose modules are traced texts.
 *
 * Sites are numbered in each module as RemitSyntax numbers them. Modules stand in the order in which they were loaded. */

/* Decides as remit_vm_decide does, and notes what the decision read and how its conditions turned out. */
remit_status remit_vm_decide_traced(remit_vm *vm, uint32_t policy, remit_slice input, uint64_t line, remit_buffer *out);
/* What was noted, as JSON; valid until the next call:
 *   {"modules":["approval.limit",…],
 *    "reads":[{"path":"/lines/0/qty","value":2,"module":0,"site":17},…],   each path once, in the order of the first read
 *    "met":["/lines","/lines/0"],                                          tables that C went through, and those in them; no order
 *    "tests":[[0,12,true],…],                                              module, site, outcome; in order
 *    "last":[0,31],                                                        the last statement
 *    "decided":[0,29]}                                                     the last one of `decide` itself: its `return`
 * Paths of the input are JSON Pointers, those of params and context begin with $params and $context, rows of datasets and of
 * decision tables with $data/FILE/ROW. A table that was read has "count", its length, instead of a value. "truncated":true where there was too much. */
remit_status remit_vm_trace(remit_vm *vm, remit_slice *out);
/* Decides as remit_vm_decide does, and sets `*path` to a number for how all conditions turned out, in their order: two decisions
 * of one machine that took the same way have the same. Much cheaper than a full trace. */
remit_status remit_vm_decide_path(remit_vm *vm, uint32_t policy, remit_slice input, uint64_t line, remit_buffer *out, uint64_t *path);
/* How often each site was reached since the machine was made, as JSON: {"modules":[{"name":…,"counts":[…]},…]}, two counts a site:
 * of a condition how often it was true and how often false, of others how often, and 0. */
remit_status remit_vm_coverage(remit_vm *vm, remit_slice *out);

/* Checks an input without deciding it: reads it as `remit_vm_decide` does, under the same budget. REMIT_INVALID_INPUT whatever is
 * wrong with it; deciding it says what. */
remit_status remit_vm_read(remit_vm *vm, uint32_t policy, remit_slice input);

/* ---- Group policies, which decide rows together. */

/* What a row is grouped and sorted by, as bytes that compare as the values do. Both parts say where they end. */
typedef struct remit_key {
  size_t group_bytes;         /* the first: rows of one group have the same */
  size_t order_bytes;         /* those behind them: the order within the group; none where that is the input's */
  remit_slice id;             /* the input's own id as written, or empty */
} remit_key;

/* Reads one input of a group policy as `remit_vm_decide` does, and appends its key to `out`. Every status but REMIT_OK has
 * appended an error line instead: the row is in no group. */
remit_status remit_vm_read_key(remit_vm *vm, uint32_t policy, remit_slice input, uint64_t line, remit_buffer *out, remit_key *key);

typedef struct remit_row {
  remit_slice input, id;      /* as for and from remit_vm_read_key */
  uint64_t line;
} remit_row;

/* Decides the rows of one group, in the order in which `decide_group` is to see them. They share the budgets of one decision times
 * their number, of memory at most `group_memory_bytes`.
 *
 * Where the status is REMIT_OK, `remit_vm_group_write` appends each row's result line. After any other status of either function
 * `remit_vm_group_error` appends the line that each row gets in its place. `remit_vm_group_end` lets go of the group. */
remit_status remit_vm_group_decide(remit_vm *vm, uint32_t policy, const remit_row *rows, size_t count);
/* The decision of the row with that index, from 0. */
remit_status remit_vm_group_write(remit_vm *vm, const remit_row *row, size_t index, remit_buffer *out);
void remit_vm_group_error(remit_vm *vm, const remit_row *row, remit_buffer *out);
void remit_vm_group_end(remit_vm *vm);
/* Instead of deciding a group that is too large: its rows get that message, and `budget_exceeded` for memory. */
void remit_vm_group_refuse(remit_vm *vm, uint32_t policy, remit_slice message);

/* The outcome of the last decision, as its number in the declaration's `outcomes`. */
uint32_t remit_vm_last_outcome(const remit_vm *vm);

/* The steps that the last decision took of its budget. */
int64_t remit_vm_steps(const remit_vm *vm);

/* True where the machine met its memory limit: destroy it, and decide that input again on a fresh one, whose answer counts. */
bool remit_vm_spent(const remit_vm *vm);

/* Why the last call failed: "file:line: words", at most 1 KiB; valid until the next call. */
remit_slice remit_vm_message(const remit_vm *vm);

/* For a process that lives long: large blocks come from the system one by one, whatever was freed before, and go back to it when they
 * are freed. Called once, early. */
void remit_return_large_blocks(void);

#endif
