/* A policy's declaration, compiled: what an input must look like and how it becomes a Lua table. */
#ifndef REMIT_DECLARE_H
#define REMIT_DECLARE_H

#include <stdbool.h>
#include <stdint.h>

#include "remit_decimal.h"
#include "remit_json.h"

typedef enum remit_kind {
  REMIT_TEXT, REMIT_INTEGER, REMIT_NUMBER, REMIT_MONEY, REMIT_BOOLEAN, REMIT_DATE, REMIT_TIMESTAMP, REMIT_ENUM, REMIT_RECORD,
  REMIT_LIST, REMIT_MAP,
} remit_kind;
enum { REMIT_KINDS = REMIT_MAP + 1, REMIT_FIELDS_MAX = 256, REMIT_GUESSES = 128 };

extern const char *const remit_kind_names[REMIT_KINDS];

enum { REMIT_TEXT_PADDING = 16 };
typedef struct remit_text {
  char *bytes;                /* NUL behind it */
  uint32_t length;
  int32_t slot;               /* of the interned string in the policy's slots */
  const char *interned;       /* that string's own bytes: where these are the same, so are the texts */
  char *json;                 /* as JSON, with its quotes, padded; of outcomes with what follows them; else NULL */
  uint32_t json_length;
} remit_text;

struct remit_type;

typedef struct remit_field {
  remit_text name;
  struct remit_type *type;
} remit_field;

/* A member as the last input had it: the next input probably has it in the same place. */
enum { REMIT_GUESS_BYTES = 32 };
typedef struct remit_guess {
  uint8_t key[REMIT_GUESS_BYTES];  /* with both quotes and the colon, zeros behind it */
  uint32_t mask;              /* of the key's bytes; 0: no guess */
  int16_t field;              /* its place among the fields, or -1 for a member that is not declared */
  uint8_t length;
} remit_guess;

typedef struct remit_type {
  remit_kind kind;
  bool optional, sensitive, strict;
  bool has_min, has_max;
  remit_decimal min, max;     /* of numbers by value; of text, lists and maps in characters or elements */
  /* The same bounds as doubles where they are short values, else infinite and `long_bounds`. */
  double low, high;
  bool long_bounds;

  remit_text *values;         /* enum */
  uint32_t value_count;
  uint32_t last_value;        /* the one that the last input had: probably this one's too */

  remit_field *fields;        /* record */
  uint32_t field_count;
  int32_t table_slot;         /* of its table, which is used again for each input; -1: a fresh one each time */
  uint64_t filled[4];         /* which fields of the reused table hold a value */
  uint16_t *by_hash;          /* open addressing: place of the field + 1 */
  uint32_t hash_mask;
  remit_guess *guesses;       /* REMIT_GUESSES of them */

  struct remit_type *of;      /* list, map */
  char *summary;              /* what it means, for people; or NULL */
} remit_type;

typedef struct remit_param {
  remit_text name;
  remit_type *type;
  char *summary;
  int32_t default_slot;
} remit_param;

typedef struct remit_reason {
  remit_text code;
  char *en, *zh;
} remit_reason;

/* The keys of a decision, in the order in which Lua's table gives them: the next decision probably has the same. */
enum { REMIT_SHAPE_MAX = 18, REMIT_SHAPES = 4, REMIT_SHAPE_KEY_BYTES = 32 };
typedef struct remit_shape {
  uint32_t key_count;         /* outcome and reasons included; 0: nothing is known */
  const void *keys[REMIT_SHAPE_MAX];  /* Lua's own strings, which the policy's slots hold */
  uint8_t outcome, reasons;   /* their places among the keys; key_count: missing */
  uint8_t member_count;       /* of the others */
  uint8_t order[REMIT_SHAPE_MAX];  /* their places, in the order in which they are written */
  struct {
    uint8_t length;
    char bytes[REMIT_SHAPE_KEY_BYTES];  /* ,"key": */
  } openings[REMIT_SHAPE_MAX];  /* by that order */
} remit_shape;

/* A scalar field of the input, as its path names it: "vendor.id". */
typedef struct remit_path {
  char *text;
  int32_t *slots;             /* the interned names of its steps */
  uint32_t steps;
  remit_kind kind;
} remit_path;

/* Of a policy that decides rows together. */
typedef struct remit_group {
  remit_path *by;
  uint32_t by_count;
  remit_path *order;          /* NULL: rows stay in the order of the input */
  remit_type *row;            /* the input again, with tables of its own for each row */
  int key;                    /* registry: the C closure that reads a row's key, see group.c */
  int run;                    /* registry: the C closure that decides a group */
} remit_group;

typedef struct remit_policy {
  remit_text name;
  char *summary, *source;
  remit_text *outcomes;
  uint32_t outcome_count;
  remit_type *input;
  remit_param *params;
  uint32_t param_count;
  remit_reason *reasons;
  uint32_t reason_count;
  bool has_check;
  remit_group *group;         /* NULL: rows are decided one by one */

  char decide_file[64];       /* where `decide` starts */
  int decide_line;
  int run;                    /* registry: the C closure that decides, see decide.c */
  int slots;                  /* registry: interned strings and reused tables by number */
  int32_t slot_count;
  remit_buffer label;         /* what stands between id and decision */
  remit_buffer opening;       /* the same, and how a decision begins */
  uint32_t last_outcome;
  remit_shape shapes[REMIT_SHAPES];
  uint8_t shape;              /* the last decision's */
} remit_policy;

/* The part of `opening` that belongs to the decision: {"outcome": */
enum { REMIT_OPENING_BYTES = 11 };

/* Places in a policy's slots that every policy has. */
enum {
  REMIT_SLOT_OUTCOME = 1, REMIT_SLOT_REASONS, REMIT_SLOT_PARAMS, REMIT_SLOT_CONTEXT, REMIT_SLOT_DECIDE, REMIT_SLOT_CHECK,
  REMIT_SLOT_SHAPES,          /* the keys of the policy's shapes, REMIT_SHAPE_MAX for each */
  REMIT_SLOT_FIRST,
};

/* Memory that lives as long as the machine. */
typedef struct remit_arena {
  void *blocks;
  size_t bytes;               /* taken in all */
} remit_arena;
void remit_arena_free(remit_arena *arena);

/* The field of that name, or -1. */
int32_t remit_type_field(const remit_type *type, const uint8_t *name, size_t length);

#endif
