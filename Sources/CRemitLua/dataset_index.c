#include <stdlib.h>
#include <string.h>

#include "dataset.h"

/* Indexes over sets of columns: a hash table from the cells in them to a row, or to a group where several rows have the same. A
 * group lists its rows in the order of the file, and where the dataset has `from` or `to`, it also says for each stretch of days
 * which of its rows is the first in force, so that a look-up at a day halves instead of looking through. */

typedef struct group {
  uint32_t rows_end, stretches_end;  /* in the lists below; a group begins where the one before it ends */
  uint32_t first;             /* of its rows, for a look-up that needs no other */
} group;

/* From `day` on, until the next stretch. */
typedef struct stretch {
  int32_t day;
  uint32_t row;               /* REMIT_NO_ROW: none is in force */
} stretch;

/* A slot is empty (0), a row (+ 1), or the number of a group with this bit. */
#define GROUP_BIT UINT32_C(0x80000000)

struct remit_index {
  struct remit_index *next;
  remit_column_set columns;
  uint32_t numbers[REMIT_COLUMNS_MAX], count;
  uint32_t *slots, mask;
  group *groups;
  uint32_t group_count;
  uint32_t *rows;
  stretch *stretches;
  size_t bytes;
};

/* ---- Rows with the same cells */

static uint64_t row_hash(const remit_dataset *dataset, const remit_index *index, uint32_t row) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < index->count; i++)
    hash = remit_mix(hash, remit_cell_hash(&dataset->columns[index->numbers[i]], row));
  return hash;
}

static bool same_cells(const remit_dataset *dataset, const remit_index *index, uint32_t row, uint32_t other) {
  for (uint32_t i = 0; i < index->count; i++)
    if (!remit_cells_equal(&dataset->columns[index->numbers[i]], row, other)) return false;
  return true;
}

static uint32_t mask_for(uint32_t count) {
  uint32_t size = 8;
  while (size - size / 4 <= count) size *= 2;
  return size - 1;
}

static void set_columns(const remit_dataset *dataset, remit_index *index, const remit_column_set *columns) {
  index->columns = *columns;
  for (uint32_t i = 0; i < dataset->column_count; i++)
    if (remit_column_set_has(columns, i)) index->numbers[index->count++] = i;
}

/* For each row the first one with the same cells; NULL where memory runs out. `*hashes` gets a part of every row's hash. */
static uint32_t *first_rows(const remit_dataset *dataset, const remit_index *index, uint32_t **hashes) {
  uint32_t mask = mask_for(dataset->rows);
  uint32_t *first = malloc(((size_t)dataset->rows + 1) * sizeof *first), *hash = malloc(((size_t)dataset->rows + 1) * sizeof *hash);
  uint32_t *slots = calloc((size_t)mask + 1, sizeof *slots);
  if (first && hash && slots) {
    for (uint32_t row = 0; row < dataset->rows; row++) {
      hash[row] = (uint32_t)row_hash(dataset, index, row);
      uint32_t at = hash[row] & mask;
      while (slots[at] && (hash[slots[at] - 1] != hash[row] || !same_cells(dataset, index, slots[at] - 1, row)))
        at = (at + 1) & mask;
      if (!slots[at]) slots[at] = row + 1;
      first[row] = slots[at] - 1;
    }
    free(slots);
    *hashes = hash;
    return first;
  }
  free(first);
  free(hash);
  free(slots);
  return NULL;
}

bool remit_dataset_repeats(
  const remit_dataset *dataset, const remit_column_set *columns, uint32_t *row, uint32_t *earlier, bool *failed) {
  remit_index index = {0};
  set_columns(dataset, &index, columns);
  uint32_t *hashes, *first = first_rows(dataset, &index, &hashes);
  *failed = !first;
  if (!first) return false;
  bool found = false;
  for (uint32_t i = 0; i < dataset->rows && !found; i++)
    if (first[i] != i) {
      *row = i;
      *earlier = first[i];
      found = true;
    }
  free(first);
  free(hashes);
  return found;
}

/* ---- Groups */

/* Counts the groups of several rows and lists their rows; `first[row]` of a group's first row becomes GROUP_BIT | its number. */
static bool gather_groups(const remit_dataset *dataset, remit_index *index, uint32_t *first) {
  uint32_t grouped = 0;
  for (uint32_t row = 0; row < dataset->rows; row++) {
    uint32_t head = first[row];
    if (head == row) continue;
    if (!(first[head] & GROUP_BIT)) {
      first[head] = GROUP_BIT | index->group_count++;
      grouped++;
    }
    grouped++;
  }
  index->groups = calloc((size_t)index->group_count + 1, sizeof *index->groups);
  index->rows = malloc(((size_t)grouped + 1) * sizeof *index->rows);
  if (!index->groups || !index->rows) return false;
  index->bytes += (index->group_count + (size_t)1) * sizeof *index->groups + ((size_t)grouped + 1) * sizeof *index->rows;
  /* The size of each, then where each begins, then each row in its place: `rows_end` is where the next one goes. */
  for (uint32_t row = 0; row < dataset->rows; row++) {
    uint32_t head = first[row] & GROUP_BIT ? row : first[row];
    if (first[head] & GROUP_BIT) index->groups[first[head] & ~GROUP_BIT].rows_end++;
  }
  uint32_t start = 0;
  for (uint32_t i = 0; i < index->group_count; i++) {
    uint32_t size = index->groups[i].rows_end;
    index->groups[i].rows_end = start;
    start += size;
  }
  for (uint32_t row = 0; row < dataset->rows; row++) {
    uint32_t head = first[row] & GROUP_BIT ? row : first[row];
    if (!(first[head] & GROUP_BIT)) continue;
    group *own = &index->groups[first[head] & ~GROUP_BIT];
    index->rows[own->rows_end++] = row;
    own->first = head;
  }
  return true;
}

static void fill_slots(const remit_dataset *dataset, remit_index *index, const uint32_t *first, const uint32_t *hashes) {
  for (uint32_t row = 0; row < dataset->rows; row++) {
    bool group = first[row] & GROUP_BIT;
    if (!group && first[row] != row) continue;
    uint32_t at = hashes[row] & index->mask;
    while (index->slots[at]) at = (at + 1) & index->mask;
    index->slots[at] = group ? first[row] : row + 1;
  }
}

/* ---- Stretches of days */

typedef struct period {
  int32_t from, to;
  uint32_t row;
} period;

static int by_from(const void *a, const void *b) {
  const period *x = a, *y = b;
  if (x->from != y->from) return x->from < y->from ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

static int by_day(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* What the sweep over one group's days works on. */
typedef struct sweep {
  period *periods;
  int32_t *days;
  const period **heap;        /* of what has begun, the first in the file on top; what has ended is dropped when it comes up */
  uint32_t heap_count;
  uint32_t room;
} sweep;

static void sweep_free(sweep *s) {
  free(s->periods);
  free(s->days);
  free(s->heap);
}

static bool sweep_reserve(sweep *s, uint32_t count) {
  if (count <= s->room) return true;
  sweep_free(s);
  *s = (sweep){.room = count};
  s->periods = malloc(count * sizeof *s->periods);
  s->days = malloc((size_t)count * 2 * sizeof *s->days);
  s->heap = malloc(count * sizeof *s->heap);
  if (s->periods && s->days && s->heap) return true;
  sweep_free(s);
  *s = (sweep){0};
  return false;
}

static void heap_push(sweep *s, const period *added) {
  uint32_t at = s->heap_count++;
  for (; at > 0 && s->heap[(at - 1) / 2]->row > added->row; at = (at - 1) / 2) s->heap[at] = s->heap[(at - 1) / 2];
  s->heap[at] = added;
}

static void heap_pop(sweep *s) {
  const period *moved = s->heap[--s->heap_count];
  uint32_t at = 0, child;
  while ((child = 2 * at + 1) < s->heap_count) {
    if (child + 1 < s->heap_count && s->heap[child + 1]->row < s->heap[child]->row) child++;
    if (moved->row <= s->heap[child]->row) break;
    s->heap[at] = s->heap[child];
    at = child;
  }
  s->heap[at] = moved;
}

/* Writes the stretches of these rows behind `out`; returns how many: at most two for each row. */
static uint32_t sweep_days(const remit_dataset *dataset, sweep *s, const uint32_t *rows, uint32_t count, stretch *out) {
  uint32_t periods = 0, days = 0, written = 0;
  for (uint32_t i = 0; i < count; i++) {
    period each = {REMIT_DAY_FIRST, REMIT_DAY_LAST, rows[i]};
    if (dataset->from >= 0) each.from = remit_cell_day(&dataset->columns[dataset->from], rows[i], REMIT_DAY_FIRST);
    if (dataset->to >= 0) each.to = remit_cell_day(&dataset->columns[dataset->to], rows[i], REMIT_DAY_LAST);
    if (each.from > each.to) continue;  /* never in force */
    s->periods[periods++] = each;
    s->days[days++] = each.from;
    if (each.to != REMIT_DAY_LAST) s->days[days++] = each.to + 1;
  }
  qsort(s->periods, periods, sizeof *s->periods, by_from);
  qsort(s->days, days, sizeof *s->days, by_day);
  s->heap_count = 0;
  uint32_t begun = 0, last = REMIT_NO_ROW;
  for (uint32_t i = 0; i < days; i++) {
    int32_t day = s->days[i];
    while (begun < periods && s->periods[begun].from <= day) heap_push(s, &s->periods[begun++]);
    while (s->heap_count && s->heap[0]->to < day) heap_pop(s);
    uint32_t row = s->heap_count ? s->heap[0]->row : REMIT_NO_ROW;
    if (row == last) continue;
    out[written++] = (stretch){day, row};
    last = row;
  }
  return written;
}

static bool make_stretches(const remit_dataset *dataset, remit_index *index) {
  if (dataset->from < 0 && dataset->to < 0) return true;
  uint32_t grouped = index->group_count ? index->groups[index->group_count - 1].rows_end : 0;
  index->stretches = malloc(((size_t)grouped * 2 + 1) * sizeof *index->stretches);
  if (!index->stretches) return false;
  sweep s = {0};
  uint32_t start = 0, written = 0;
  for (uint32_t i = 0; i < index->group_count; i++) {
    uint32_t count = index->groups[i].rows_end - start;
    if (!sweep_reserve(&s, count)) {
      sweep_free(&s);
      return false;
    }
    written += sweep_days(dataset, &s, index->rows + start, count, index->stretches + written);
    index->groups[i].stretches_end = written;
    start = index->groups[i].rows_end;
  }
  sweep_free(&s);
  size_t bytes = ((size_t)written + 1) * sizeof *index->stretches;
  stretch *fitted = realloc(index->stretches, bytes);
  if (fitted) index->stretches = fitted;
  index->bytes += bytes;
  return true;
}

/* ---- Making */

static void free_index(remit_index *index) {
  if (!index) return;
  free(index->slots);
  free(index->groups);
  free(index->rows);
  free(index->stretches);
  free(index);
}

static remit_index *make_index(const remit_dataset *dataset, const remit_column_set *columns) {
  remit_index *index = calloc(1, sizeof *index);
  if (!index) return NULL;
  set_columns(dataset, index, columns);
  index->bytes = sizeof *index;
  uint32_t *hashes = NULL, *first = first_rows(dataset, index, &hashes), distinct = 0;
  bool done = first != NULL;
  for (uint32_t row = 0; done && row < dataset->rows; row++) distinct += first[row] == row;
  if (done) {
    index->mask = mask_for(distinct);
    index->slots = calloc((size_t)index->mask + 1, sizeof *index->slots);
    index->bytes += ((size_t)index->mask + 1) * sizeof *index->slots;
    done = index->slots && gather_groups(dataset, index, first);
  }
  if (done) fill_slots(dataset, index, first, hashes);
  free(first);
  free(hashes);
  if (done && make_stretches(dataset, index)) return index;
  free_index(index);
  return NULL;
}

const remit_index *remit_dataset_index(remit_dataset *dataset, const remit_column_set *columns) {
  pthread_mutex_lock(&dataset->lock);
  remit_index *index = dataset->indexes;
  while (index && !remit_column_set_equal(&index->columns, columns)) index = index->next;
  if (!index && (index = make_index(dataset, columns))) {
    index->next = dataset->indexes;
    dataset->indexes = index;
    dataset->index_bytes += index->bytes;
  }
  pthread_mutex_unlock(&dataset->lock);
  return index;
}

size_t remit_index_bytes(const remit_index *index) { return index->bytes; }

size_t remit_dataset_index_bytes(remit_dataset *dataset) {
  pthread_mutex_lock(&dataset->lock);
  size_t bytes = dataset->index_bytes;
  pthread_mutex_unlock(&dataset->lock);
  return bytes;
}

void remit_dataset_free_indexes(remit_dataset *dataset) {
  while (dataset->indexes) {
    remit_index *next = dataset->indexes->next;
    free_index(dataset->indexes);
    dataset->indexes = next;
  }
}

/* ---- Look-ups */

static bool keys_match(const remit_dataset *dataset, const remit_cell_key *keys, uint32_t count, uint32_t row) {
  for (uint32_t i = 0; i < count; i++) remit_cell_prefetch(&dataset->columns[keys[i].column], row);
  for (uint32_t i = 0; i < count; i++)
    if (!remit_cell_key_matches(&keys[i], &dataset->columns[keys[i].column], row)) return false;
  return true;
}

static void open_group(const remit_index *index, uint32_t number, remit_row_group *out) {
  uint32_t start = number ? index->groups[number - 1].rows_end : 0;
  out->number = number;
  out->rows = index->rows + start;
  out->count = index->groups[number].rows_end - start;
  out->first = index->groups[number].first;
  if (index->stretches) __builtin_prefetch(&index->stretches[number ? index->groups[number - 1].stretches_end : 0]);
}

void remit_index_find(
  const remit_dataset *dataset, const remit_index *index, const remit_cell_key *keys, uint32_t count, remit_row_group *out) {
  uint64_t hash = 0;
  *out = (remit_row_group){.first = REMIT_NO_ROW};
  for (uint32_t i = 0; i < count; i++) {
    if (keys[i].never) return;
    hash = remit_mix(hash, remit_cell_key_hash(&keys[i], &dataset->columns[keys[i].column]));
  }
  for (uint32_t at = (uint32_t)hash & index->mask; index->slots[at]; at = (at + 1) & index->mask) {
    uint32_t slot = index->slots[at];
    remit_row_group found = {.first = slot - 1, .count = 1};
    if (slot & GROUP_BIT) open_group(index, slot & ~GROUP_BIT, &found);
    if (!keys_match(dataset, keys, count, found.first)) continue;
    *out = found;
    return;
  }
}

uint32_t remit_index_at(const remit_dataset *dataset, const remit_index *index, const remit_row_group *group, int32_t day) {
  if (group->first == REMIT_NO_ROW) return REMIT_NO_ROW;
  if (group->count == 1) return remit_row_holds(dataset, group->first, day, day) ? group->first : REMIT_NO_ROW;
  if (!index->stretches) return group->first;
  uint32_t low = group->number ? index->groups[group->number - 1].stretches_end : 0, start = low;
  uint32_t high = index->groups[group->number].stretches_end;
  while (low < high) {  /* behind the last that has begun */
    uint32_t middle = low + (high - low) / 2;
    if (index->stretches[middle].day <= day) low = middle + 1;
    else high = middle;
  }
  return low == start ? REMIT_NO_ROW : index->stretches[low - 1].row;
}
