#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_builder.h"

/* A file's records -> a dataset, or why it is none. */

/* ---- Memory */

bool remit_builder_no_memory(remit_dataset_builder *b) {
  b->failed = b->problem.memory = true;
  return false;
}

void *remit_builder_resize(remit_dataset_builder *b, void *block, size_t old_size, size_t new_size) {
  size_t bytes = b->bytes - old_size + new_size;
  void *fresh = new_size > old_size && bytes > b->bytes_max ? NULL : realloc(block, new_size ? new_size : 1);
  if (!fresh) {
    remit_builder_no_memory(b);
    return NULL;
  }
  b->bytes = bytes;
  return fresh;
}

/* ---- Records */

static bool refuse_cell(remit_dataset_builder *b, const remit_column *column, int64_t line, const char *text, size_t length) {
  b->cell = malloc(length + 1);
  if (!b->cell) return remit_builder_no_memory(b);
  memcpy(b->cell, text, length);
  b->problem.line = line;
  b->problem.column = column;
  b->problem.cell = b->cell;
  b->problem.cell_length = length;
  b->failed = true;
  return false;
}

static bool read_header(remit_dataset_builder *b, int64_t line, const uint8_t *bytes, const intptr_t *ends, size_t count) {
  b->has_header = true;
  b->problem.line = line;
  for (size_t place = 0; place < count; place++) {
    size_t start = place ? (size_t)ends[place - 1] : 0, length = (size_t)ends[place] - start;
    for (uint32_t i = 0; i < b->dataset->column_count; i++) {
      const remit_column *column = &b->dataset->columns[i];
      if (column->name_length != length || memcmp(column->name, bytes + start, length) != 0) continue;
      if (b->growing[i].place != REMIT_NO_PLACE) {
        snprintf(b->problem.words, sizeof b->problem.words, "the column '%s' stands there twice", column->name);
        b->failed = true;
        return false;
      }
      b->growing[i].place = (uint32_t)place;
    }
  }
  for (uint32_t i = 0; i < b->dataset->column_count; i++) {
    if (b->growing[i].place != REMIT_NO_PLACE) continue;
    snprintf(b->problem.words, sizeof b->problem.words, "the column '%s' is missing", b->dataset->columns[i].name);
    b->failed = true;
    return false;
  }
  return true;
}

/* Notes the row's line where it is not the one behind that of the row before. */
static bool note_line(remit_dataset_builder *b, int64_t line) {
  remit_dataset *dataset = b->dataset;
  if (line != b->next_line) {
    if (dataset->jump_count == b->jump_room) {
      uint32_t room = b->jump_room ? b->jump_room * 2 : 4;
      remit_line_jump *jumps = remit_builder_resize(b, dataset->jumps, b->jump_room * sizeof *jumps, room * sizeof *jumps);
      if (!jumps) return false;
      dataset->jumps = jumps;
      b->jump_room = room;
    }
    dataset->jumps[dataset->jump_count++] = (remit_line_jump){dataset->rows, line};
  }
  b->next_line = line + 1;
  return true;
}

int64_t remit_dataset_line(const remit_dataset *dataset, uint32_t row) {
  uint32_t low = 0, high = dataset->jump_count;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (dataset->jumps[middle].row <= row) low = middle;
    else high = middle;
  }
  return dataset->jumps[low].line + (row - dataset->jumps[low].row);
}

bool remit_dataset_builder_add(
  remit_dataset_builder *b, int64_t number, const uint8_t *bytes, const intptr_t *ends, size_t count) {
  if (b->failed) return false;
  if (!b->has_header) return read_header(b, number, bytes, ends, count);
  if ((b->dataset->rows == b->room && !remit_grow_rows(b)) || !note_line(b, number)) return false;
  for (uint32_t i = 0; i < b->dataset->column_count; i++) {
    uint32_t place = b->growing[i].place;
    size_t start = place ? (size_t)ends[place - 1] : 0, length = (size_t)ends[place] - start;
    bool fits;
    if (remit_grow_cell(b, i, (const char *)bytes + start, length, &fits)) continue;
    return !fits && refuse_cell(b, &b->dataset->columns[i], number, (const char *)bytes + start, length);
  }
  b->dataset->rows++;
  return true;
}

/* ---- The whole */

static int32_t day_column(const remit_dataset *dataset, const char *name) {
  for (uint32_t i = 0; i < dataset->column_count; i++) {
    remit_kind kind = dataset->columns[i].type.kind;
    if (strcmp(dataset->columns[i].name, name) == 0 && (kind == REMIT_DATE || kind == REMIT_TIMESTAMP)) return (int32_t)i;
  }
  return -1;
}

static bool check_unique(remit_dataset_builder *b) {
  uint32_t row, earlier;
  bool failed;
  if (!b->has_unique || !remit_dataset_repeats(b->dataset, &b->unique, &row, &earlier, &failed))
    return !b->has_unique || !failed || remit_builder_no_memory(b);
  b->problem.line = remit_dataset_line(b->dataset, row);
  snprintf(b->problem.words, sizeof b->problem.words, "the same key as in line %lld, but 'unique' is declared",
           (long long)remit_dataset_line(b->dataset, earlier));
  b->failed = true;
  return false;
}

remit_dataset *remit_dataset_builder_finish(remit_dataset_builder *b) {
  if (b->failed) return NULL;
  remit_dataset *dataset = b->dataset;
  if (!b->has_header) {
    b->problem.line = 1;
    snprintf(b->problem.words, sizeof b->problem.words, "the file has no header");
    b->failed = true;
    return NULL;
  }
  for (uint32_t i = 0; i < dataset->column_count; i++)
    if (!remit_grow_trim(b, i)) return NULL;
  b->room = dataset->rows;
  dataset->from = day_column(dataset, "from");
  dataset->to = day_column(dataset, "to");
  if (!check_unique(b)) return NULL;
  dataset->bytes = b->bytes + sizeof *dataset + dataset->column_count * sizeof *dataset->columns;
  b->dataset = NULL;
  return dataset;
}

void remit_dataset_free(remit_dataset *dataset) {
  if (!dataset) return;
  for (uint32_t i = 0; dataset->columns && i < dataset->column_count; i++) {
    remit_column *column = &dataset->columns[i];
    free(column->name);
    free(column->cells);
    free(column->bytes);
    free(column->ends);
    free(column->longs);
    for (uint32_t k = 0; column->type.values && k < column->type.value_count; k++) free(column->type.values[k].bytes);
    free(column->type.values);
  }
  free(dataset->columns);
  free(dataset->jumps);
  remit_dataset_free_indexes(dataset);
  pthread_mutex_destroy(&dataset->lock);
  free(dataset);
}

size_t remit_dataset_rows(const remit_dataset *dataset) { return dataset->rows; }
size_t remit_dataset_bytes(const remit_dataset *dataset) { return dataset->bytes; }

/* ---- The builder */

static char *copy(const char *bytes, size_t length) {
  char *fresh = malloc(length + 1);
  if (fresh) {
    memcpy(fresh, bytes, length);
    fresh[length] = 0;
  }
  return fresh;
}

/* A type of the machine's own, but for the texts of an enum nothing in it that a single value needs is elsewhere. */
static bool copy_type(remit_type *to, const remit_type *from) {
  *to = (remit_type){
    .kind = from->kind, .optional = from->optional, .has_min = from->has_min, .has_max = from->has_max, .min = from->min,
    .max = from->max, .low = from->low, .high = from->high, .long_bounds = from->long_bounds, .value_count = from->value_count,
  };
  if (!from->value_count) return true;
  to->values = calloc(from->value_count, sizeof *to->values);
  if (!to->values) return false;
  for (uint32_t i = 0; i < from->value_count; i++) {
    to->values[i].length = from->values[i].length;
    to->values[i].bytes = copy(from->values[i].bytes, from->values[i].length);
    if (!to->values[i].bytes) return false;
  }
  return true;
}

/* Parts are counted, so no two declarations have the same bytes. */
static void declare_part(remit_dataset_builder *b, const void *bytes, size_t length) {
  uint64_t size = length;
  remit_buffer_append(&b->declaration, &size, sizeof size);
  remit_buffer_append(&b->declaration, bytes, length);
}

static void declare_bound(remit_dataset_builder *b, bool present, const remit_decimal *bound) {
  char text[REMIT_DECIMAL_TEXT_MAX];
  declare_part(b, text, present ? remit_decimal_format(bound, text) : 0);
}

static void declare(remit_dataset_builder *b) {
  for (uint32_t i = 0; i < b->dataset->column_count; i++) {
    const remit_column *column = &b->dataset->columns[i];
    const remit_type *type = &column->type;
    declare_part(b, column->name, column->name_length);
    const uint8_t head[2] = {(uint8_t)type->kind, type->optional};
    declare_part(b, head, sizeof head);
    declare_bound(b, type->has_min, &type->min);
    declare_bound(b, type->has_max, &type->max);
    declare_part(b, &type->value_count, sizeof type->value_count);
    for (uint32_t k = 0; k < type->value_count; k++) declare_part(b, type->values[k].bytes, type->values[k].length);
  }
  declare_part(b, &b->unique, b->has_unique ? sizeof b->unique : 0);
}

static bool set_up(remit_dataset_builder *b, const remit_declared_column *columns, uint32_t count) {
  remit_dataset *dataset = b->dataset = calloc(1, sizeof *dataset);
  if (!dataset) return false;
  pthread_mutex_init(&dataset->lock, NULL);
  dataset->from = dataset->to = -1;
  dataset->columns = calloc(count + 1, sizeof *dataset->columns);
  b->growing = calloc(count + 1, sizeof *b->growing);
  if (!dataset->columns || !b->growing) return false;
  dataset->column_count = count;
  for (uint32_t i = 0; i < count; i++) {
    remit_column *column = &dataset->columns[i];
    b->growing[i].place = REMIT_NO_PLACE;
    column->width = 1;
    column->name_length = (uint32_t)columns[i].length;
    column->name = copy(columns[i].name, columns[i].length);
    if (!column->name || !copy_type(&column->type, columns[i].type)) return false;
  }
  declare(b);
  return !b->declaration.failed;
}

remit_dataset_builder *remit_dataset_builder_create(
  const remit_declared_column *columns, uint32_t count, const remit_column_set *unique, size_t bytes_max) {
  remit_dataset_builder *b = calloc(1, sizeof *b);
  if (!b) return NULL;
  b->bytes_max = bytes_max;
  b->has_unique = unique != NULL;
  if (unique) b->unique = *unique;
  if (set_up(b, columns, count)) return b;
  remit_dataset_builder_free(b);
  return NULL;
}

remit_slice remit_dataset_builder_declaration(const remit_dataset_builder *b) {
  return (remit_slice){b->declaration.bytes, b->declaration.length};
}

const remit_column *remit_dataset_builder_columns(const remit_dataset_builder *b) { return b->dataset->columns; }

const remit_dataset_problem *remit_dataset_builder_problem(const remit_dataset_builder *b) {
  return b->failed ? &b->problem : NULL;
}

void remit_dataset_builder_free(remit_dataset_builder *b) {
  if (!b) return;
  uint32_t count = b->dataset ? b->dataset->column_count : 0;
  for (uint32_t i = 0; i < count; i++) free(b->growing[i].slots);
  remit_dataset_free(b->dataset);
  free(b->growing);
  free(b->cell);
  remit_buffer_free(&b->declaration);
  free(b);
}
