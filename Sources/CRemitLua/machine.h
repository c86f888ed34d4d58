/* The machine's own state, for the files that run it: vm.c, memory.c, budget.c, freeze.c, load.c, decide.c, ... */
#ifndef REMIT_MACHINE_H
#define REMIT_MACHINE_H

#include "calendar.h"
#include "declare.h"
#include "vm.h"
#include "watchdog.h"

/* An open-addressing set of addresses. */
typedef struct remit_address_set {
  const void **slots;
  size_t mask, count;
} remit_address_set;

/* False where memory ran out. */
bool remit_address_set_add(remit_address_set *set, const void *address);
bool remit_address_set_has(const remit_address_set *set, const void *address);
void remit_address_set_clear(remit_address_set *set);
void remit_address_set_free(remit_address_set *set);

/* Lua's small blocks come in steps of 16 bytes up to this size from free lists, the rest from malloc. */
enum { REMIT_BLOCK_STEP = 16, REMIT_BLOCK_MAX = 256, REMIT_BLOCK_LISTS = REMIT_BLOCK_MAX / REMIT_BLOCK_STEP };

typedef struct remit_memory {
  size_t bytes;               /* held now */
  size_t peak;                /* the most since it was last set, within a chunk; it only says when tidying up pays */
  size_t limit;
  uint32_t refusals;          /* requests refused since the limit was set; past a few dozen every request is */
  void *free_lists[REMIT_BLOCK_LISTS];
  void *chunks;               /* what the free lists were cut from */
  uint8_t *chunk_at, *chunk_end;
} remit_memory;

void *remit_allocate(void *memory, void *block, size_t old_size, size_t new_size);
void remit_memory_free(remit_memory *memory);

/* What a decision in progress works on; C data only, so that an error may leave it at any time. */
typedef struct remit_job {
  struct remit_policy *policy;
  remit_slice input;
  remit_buffer *out;
  remit_slice id;             /* the input's own id as written, or empty */
  remit_status status;
  uint64_t line;
  remit_form form;
  remit_slice reply_id;       /* of REMIT_FORM_REPLY */
  size_t error_start;         /* where the error that is being written starts in `out` */
  bool used;                  /* the machine had decided before */
  size_t group_bytes;         /* of the key that was read, see group.c */
  bool escaped_key;           /* a key with escapes was read: it may be the id's */
} remit_job;

typedef struct remit_trace remit_trace;
/* The group in progress. */
typedef struct remit_group_job {
  const remit_row *rows;      /* while `decide_group` runs */
  size_t count;
  remit_status status;        /* why it failed */
} remit_group_job;

struct remit_vm {
  lua_State *L;
  remit_memory memory;
  remit_limits limits;
  remit_source source;

  /* Budget: steps handed to the counter that translated code decrements are gone from `reserve`. */
  int64_t reserve;
  int64_t pending;            /* steps of library calls that the counter does not know yet */
  size_t memory_bytes;        /* the budget in force */
  bool spent;
  remit_status spent_status;

  remit_watch watch;
  bool watched;
  remit_address_set frozen;   /* tables that outlive a decision, and the library's C closures */
  remit_address_set input_tables;  /* tables made for this decision's input */
  bool walks;                 /* `next` has kept the keys of a table, see lib_base.c */
  bool sealed;                /* the libraries are in place */
  bool loading;
  const void *dataset_metatable, *row_metatable;
  struct remit_dataset_handle *datasets;
  struct remit_lookup_names *lookup_names;
  struct remit_dataset_builder *builder;  /* of the dataset that is being asked for */
  uint32_t serial;            /* of declared types, in the order in which they were made */
  remit_trace *trace;         /* NULL where no module is traced */
  bool record;                /* the decision under way is to be noted in it */

  remit_buffer native_text;   /* what a native plugin has handed over */
  struct remit_declared_plugin *plugins;  /* those that have declared themselves, see plugin.h */
  struct remit_policy **policies;
  uint32_t policy_count;
  remit_arena arena;          /* declarations */

  remit_job job;
  remit_group_job group;
  size_t base_bytes;          /* held after loading, all garbage collected */
  bool decided;               /* not fresh any more */
  bool params_set;            /* at least once since it was made */
  bool discard;               /* met its memory limit, or holds on to too much */

  char message[1024];
  size_t message_length;
  uint32_t modules_open;      /* being loaded, one in another */
  char module_file[256];      /* of the module that was loaded last, for messages that name no place */
  int policy_line;            /* where in it `policy {` stands; 0: unknown */
  char message_file[64];      /* the policy's file, where an error was raised */
  uint32_t message_line;      /* and the line in it; 0: unknown */
  remit_buffer scratch;
};

/* ---- Registry: addresses of these are keys. */
extern const char remit_key_counter;   /* the function whose first upvalue is the step counter */
extern const char remit_key_loaded;    /* module name -> value; false while it loads */
extern const char remit_key_writers;   /* file -> { [line] = true } */
extern const char remit_key_sources;   /* a chunk's source, "@" and its file -> the module's name */
extern const char remit_key_types;     /* metatable of declared types */
extern const char remit_key_object;    /* metatable of `object {}` */
extern const char remit_key_policy;    /* metatable of what `policy {}` returns */
extern const char remit_key_null;      /* its address as light userdata is what `null` is in a test */
extern const char remit_key_test;      /* metatable of what `test` returns */

/* ---- budget.c */
int remit_open_budget(lua_State *L);   /* makes the counter */
void remit_budget_start(lua_State *L, remit_vm *vm, const remit_budget *budget, int counter_index);
/* Takes what is pending from the counter; raises where the budget does not hold it. */
void remit_budget_settle(lua_State *L, remit_vm *vm);
/* Raises the error of spent time. */
void remit_budget_overdue(lua_State *L);
/* The same, where the time is over. */
void remit_budget_check_time(lua_State *L);
/* Texts that collide in Lua's hash make a round of a loop slow, and anybody can write them: see seed.c. */
static inline void remit_budget_check_round(lua_State *L, size_t round) {
  if (round % 16 == 1) remit_budget_check_time(L);
}
int remit_op_spent(lua_State *L);
/* Raises where memory outside of Lua ran out; no pcall of a policy catches it. */
_Noreturn void remit_no_memory(lua_State *L);
int remit_op_va(lua_State *L);

/* ---- freeze.c */
int remit_op_set(lua_State *L);
/* Makes everything reachable from the value at `index` read-only; raises where it holds a function or an iterator with a
 * state of its own that would outlive loading. */
void remit_freeze(lua_State *L, int index);
/* Keeps the frozen value at `index` alive for good: its address is in the set, and must become no other table's. For what nothing
 * else that outlives loading holds. */
void remit_keep_frozen(lua_State *L, int index);

/* ---- length.c */
enum { REMIT_LENGTH_MAX = 0x7FFFFFFF };
/* Makes the `__len` of the table at `index`, where it has one, give whole numbers only. */
void remit_guard_length(lua_State *L, int index);
/* Puts the guarded form in place of the function at the top, unless that is nil or guarded already. */
void remit_wrap_length(lua_State *L);
bool remit_is_checked_length(lua_State *L, int index);
bool remit_is_length_guard(lua_CFunction function);

/* ---- load.c */
int remit_require(lua_State *L);
void remit_load_module(lua_State *L, const char *name, size_t length);
/* Pushes the name of the module that is being loaded, or nil. */
void remit_push_loading_module(lua_State *L);
/* Starts the load budget; first in a function that `remit_protected_load` runs. */
void remit_start_loading(lua_State *L);
/* Runs the function, with the job as light userdata, to load that module. */
remit_status remit_protected_load(remit_vm *vm, lua_CFunction function, remit_slice module, void *job);
/* Runs a function that starts the budget of a decision and writes what it gives to vm->scratch, which is the result. */
remit_status remit_protected_call(remit_vm *vm, lua_CFunction function, void *job, remit_slice *result);
/* After a load that failed half-way. */
void remit_forget_loading(lua_State *L);

/* ---- access.c: what plugins may have */
/* The bytes of the data file whose name is argument `arg`, for the module whose text asks; raises where it may not read it, and
 * where there is none. */
remit_slice remit_ask_file(lua_State *L, int arg);
/* The same of a dataset, made by the builder unless it is there already. NULL where it cannot be had; the builder may know why. */
remit_dataset *remit_ask_dataset(lua_State *L, int arg, remit_dataset_builder *builder);
/* Raises where the module whose text asks may not require the one of that name. */
void remit_check_require(lua_State *L, const char *module);

/* ---- plugin.c, provide.c */
/* Sets the word `plugin` into the table at index 1. */
int remit_open_plugin(lua_State *L);
/* Replaces the value at the top of the stack, where that is what a plugin's file returned, by the table that policies get. */
void remit_plugin_provide(lua_State *L, const char *module);

/* ---- native_call.c */
/* Pushes the table of a native plugin's functions; false, nothing pushed, where the module is none. */
bool remit_push_native(lua_State *L, const char *module);

/* ---- plugin_call.c */
/* Pushes what a valid JSON text means, of whatever type. */
void remit_push_any(lua_State *L, remit_slice json);

/* ---- property.c */
/* Pushes a copy of the list of cases at `index`, in which the functions under `property` are numbers: they are kept apart. */
void remit_take_properties(lua_State *L, int index);
/* Makes them read-only, with all that they reach. */
void remit_freeze_properties(lua_State *L);

/* ---- vm.c */
remit_policy *remit_vm_new_policy(remit_vm *vm, remit_slice name);
/* Collects all garbage; protected by the caller. */
int remit_after_load(lua_State *L);

/* ---- params.c */
/* Fills the policy's params from a JSON object, or with their defaults where `json` is NULL; raises REMIT_INVALID_PARAMS words. */
void remit_params_from_json(lua_State *L, remit_policy *policy, const remit_slice *json);

/* Pushes the value of that type that a JSON text means, which may be a text of a number; false where it does not fit. */
bool remit_push_json_value(lua_State *L, const remit_type *type, remit_slice value, int slots);

/* ---- mask.c */
/* Leaves out the message where it shows the value of a sensitive field of that input, which is valid JSON. */
void remit_mask_message(remit_vm *vm, const remit_type *type, remit_slice input);

/* ---- decide.c */
/* Makes the closure that decides and keeps it in the policy. */
void remit_make_runner(lua_State *L, remit_policy *policy);
/* Makes the closure `run`, with REMIT_UP_… of the policy as its upvalues, and returns its reference in the registry. */
int remit_make_closure(lua_State *L, remit_policy *policy, lua_CFunction run);
/* Around the protected calls of one job, which has `budget`. */
void remit_job_start(remit_vm *vm, remit_job job, const remit_budget *budget);
void remit_job_end(remit_vm *vm, remit_status status);
/* Runs the closure of that reference on the job's input. An input that is refused, and any failure, becomes an error line. */
remit_status remit_run_input(remit_vm *vm, remit_job job, int run);
/* The id of an input whose key was written with escapes, or that was refused before its id was read. */
void remit_find_id(remit_vm *vm);
/* A result's line up to its decision, and one with an error whose words are the machine's message. */
void remit_write_id(remit_vm *vm, remit_buffer *out);
void remit_write_error(remit_vm *vm, remit_status status, remit_buffer *out);

/* What such a closure holds, so that a decision looks nothing up. */
enum { REMIT_UP_SLOTS = 1, REMIT_UP_INPUT, REMIT_UP_PARAMS, REMIT_UP_CONTEXT, REMIT_UP_DECIDE, REMIT_UP_COUNTER };

/* ---- group.c */
/* Makes the closures of a group policy. */
void remit_make_group_runners(lua_State *L, remit_policy *policy);

/* ---- group_declare.c */
/* Raises unless the table at index 1, which `policy {}` is given, has either decide or decide_group and what belongs to it. */
void remit_check_group(lua_State *L);
/* Compiles the `group` of the policy at `index`, whose input has been compiled. */
void remit_compile_group(lua_State *L, int index, remit_policy *policy, int slots);

/* ---- message.c */
void remit_vm_say(remit_vm *vm, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts "file:line: " in front of the message unless it names a place. */
void remit_vm_locate(remit_vm *vm, const char *file, int line);
/* The message handler of every protected call: notes the line of the policy that failed. */
int remit_on_error(lua_State *L);
/* Takes the error value at the top of the stack into `message`; never raises. */
remit_status remit_take_error(remit_vm *vm, int lua_status);
void remit_message_clip(const char *bytes, size_t length, size_t max, size_t *out);

/* ---- declare.c: the words of a declaration; sets them into the table at index 1. */
int remit_open_declarations(lua_State *L);
/* Gives the machine the words that only tests have. */
void remit_set_test_words(lua_State *L);
int remit_open_dataset(lua_State *L);
int remit_open_tables(lua_State *L);
/* Raises where a decision table names a param that no policy loaded here has. After a policy has been compiled. */
void remit_check_tables(lua_State *L);

/* ---- dataset.c */
/* Notes which look-ups the text of a module has written out. */
void remit_note_lookups(lua_State *L, remit_slice names);
/* Indexes every dataset for them; at the end of loading. */
void remit_index_datasets(lua_State *L);
/* Frees what asking for a dataset may have left. */
void remit_forget_datasets(remit_vm *vm);
bool remit_is_dataset(lua_State *L, int index);

/* ---- compile.c: declarations as Lua tables -> C. */
/* Zeroed memory of the arena; raises where there is none. */
void *remit_arena_take(lua_State *L, size_t size);
/* Compiles the declared type at `index`; interned strings go to the slots table. `where` names it in messages. */
remit_type *remit_compile_type(lua_State *L, int index, int slots, int32_t *slot_count, const char *where);
/* Undeclared fields of records of this type are refused. */
void remit_make_strict(remit_type *type);
/* Compiles the table at `index`, which `policy {}` has marked. The policy is already one of the machine's. */
void remit_compile_policy(lua_State *L, int index, remit_policy *policy);

/* ---- decode.c */
/* Reads one value of that type at the cursor and pushes it. False where the text is not JSON (the cursor has failed) or the
 * value does not fit its type (the cursor has not). */
bool remit_decode_value(lua_State *L, remit_json_cursor *cursor, const remit_type *type, int slots);
/* Reads the input into the reused table of the record at `table`; notes the id of the input in the job. */
bool remit_decode_input(lua_State *L, remit_vm *vm, const remit_type *record, int slots, int table);
/* A value from a text, as params and cells of data files have it: what a JSON text of the value would be, and for integers and
 * booleans also their text without quotes. False, nothing pushed, where it does not fit. */
bool remit_decode_text(lua_State *L, const remit_type *type, const char *text, size_t length, int slots);

/* ---- explain.c: what is wrong with an input */
/* Appends `"code":…,"message":…` and what else belongs to the error of an input that is not JSON or does not fit; returns which
 * of both. May raise for memory. */
remit_status remit_explain_input(lua_State *L, remit_vm *vm, const remit_type *record, int slots, remit_buffer *out);
/* The same for a single value that does not fit, as words: "expected money, got …". */
void remit_explain_value(lua_State *L, const remit_type *type, remit_slice value, char *text, size_t size);

/* ---- trace.c */
/* Pushes the functions that the traced text of that module takes behind the helpers; returns how many. */
int remit_push_traced_helpers(lua_State *L, const char *name, const remit_module *module);
bool remit_is_traced_helper(lua_CFunction function);
/* Takes back what was noted: a decision whose input is refused notes nothing. */
void remit_trace_forget(remit_vm *vm);
/* Begins to note, with nothing noted yet: the tables at these places, and those in them, are the ones that have names. */
void remit_trace_begin(lua_State *L, int input, int params, int context);
void remit_trace_end(remit_vm *vm);
void remit_trace_free(remit_trace *trace);
/* Whether decisions note the path alone, and that of the last one; see remit_vm_decide_path. */
void remit_trace_only_path(remit_vm *vm, bool only);
uint64_t remit_trace_path(const remit_vm *vm);
/* remit_trace_whole for whatever looks into a table often. */
static inline void remit_note_whole(lua_State *L, int index) {
  if (__builtin_expect(remit_vm_of(L)->record, 0)) remit_trace_whole(L, index);
}
/* Notes the read of one member, whose value is at the top of the stack: for C that reads what a policy handed it. */
void remit_trace_member(lua_State *L, int base, int key);
/* What a decision table compared turned out so: a part of the path, as a condition is. */
void remit_trace_path_step(remit_vm *vm, uint64_t what);
/* Notes that a row of a data file was found, and names the table at `index` that was made of it, where there is one. */
void remit_trace_row(lua_State *L, int index, const char *file, int64_t row);

/* ---- encode.c, decision.c */
/* Appends bytes that have REMIT_TEXT_PADDING readable ones at their start: few are copied as a whole block. */
static inline void remit_put(remit_buffer *out, const void *bytes, size_t length) {
  if (length <= REMIT_TEXT_PADDING && out->capacity - out->length >= REMIT_TEXT_PADDING && !out->limit) {
    __builtin_memcpy(out->bytes + out->length, bytes, REMIT_TEXT_PADDING);
    out->length += length;
  } else {
    remit_buffer_append(out, bytes, length);
  }
}
/* Appends the value at `index` as JSON; raises what a decision must not hold. `what` names it in messages. */
void remit_encode(lua_State *L, int index, remit_buffer *out, const char *what);
/* Appends the decision at `index` behind the policy's opening: outcome, reasons, the rest in byte order. Sets
 * policy->last_outcome. */
void remit_encode_decision(lua_State *L, struct remit_policy *policy, int index, remit_buffer *out);

#endif
