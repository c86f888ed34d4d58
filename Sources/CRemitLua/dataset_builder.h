/* A dataset while it grows: what dataset_build.c and dataset_grow.c share. */
#ifndef REMIT_DATASET_BUILDER_H
#define REMIT_DATASET_BUILDER_H

#include "dataset.h"

/* What a column needs only while it grows. */
typedef struct remit_growing {
  uint32_t place;             /* among the file's columns; REMIT_NO_PLACE: not seen yet */
  int64_t most;               /* the largest magnitude of a number in WHOLE */
  uint32_t *slots;            /* the distinct texts by hash: place + 1 */
  uint32_t slot_count;
  uint32_t text_count;        /* distinct ones */
  uint32_t bytes_room, longs_room;
  uint32_t bytes_used;
} remit_growing;
enum { REMIT_NO_PLACE = UINT32_MAX };

struct remit_dataset_builder {
  remit_dataset *dataset;
  remit_growing *growing;
  uint32_t room;              /* rows that every column has room for */
  size_t bytes, bytes_max;    /* allocated by remit_builder_resize */
  bool has_header, has_unique, failed;
  remit_column_set unique;
  uint32_t jump_room;
  int64_t next_line;
  remit_dataset_problem problem;
  char *cell;
  remit_buffer declaration;
};

bool remit_builder_no_memory(remit_dataset_builder *b);  /* false */
/* NULL, and the builder has failed, where there is no memory or the limit would be passed. */
void *remit_builder_resize(remit_dataset_builder *b, void *block, size_t old_size, size_t new_size);

/* ---- dataset_grow.c */
/* Room for more rows in every column. */
bool remit_grow_rows(remit_dataset_builder *b);
/* Writes a cell of the next row. False with *fits where the builder has failed, else where the cell does not fit its type. */
bool remit_grow_cell(remit_dataset_builder *b, uint32_t column, const char *text, size_t length, bool *fits);
/* Gives back what a column has too much. */
bool remit_grow_trim(remit_dataset_builder *b, uint32_t column);

#endif
