/* A dataset in one machine: what dataset.c makes and dataset_find.c uses. */
#ifndef REMIT_DATASET_HANDLE_H
#define REMIT_DATASET_HANDLE_H

#include "dataset.h"
#include "vm.h"

struct remit_dataset_handle {
  remit_dataset *data;
  const char *file;           /* as the policy names it */
  const remit_type **types;   /* of the columns, as the machine compiled them: for the slots of an enum's texts */
  const char **names;         /* the interned strings' own bytes */
  int slots;                  /* registry: a table; name i at i + 1, behind them the texts of enums */
  struct remit_lookup *lookups;
  struct remit_dataset_handle *next;
};

/* The index for these columns, or NULL where the policy's text has no such look-up. */
const remit_index *remit_dataset_index_for(lua_State *L, struct remit_dataset_handle *handle, const remit_column_set *columns);

/* Pushes the userdata that policies have. */
void remit_push_dataset(lua_State *L, struct remit_dataset_handle *handle);
/* Makes the metatables. */
void remit_open_dataset_methods(lua_State *L);

#endif
