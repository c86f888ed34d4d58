/* The index of a decision table: for each input, which rules may match a value; table_index.c makes it, table_search.c asks it.
 *
 * An input's values are parted into buckets. Each has a bitmap with a bit for every rule whose cell holds for some value in the
 * bucket. A search ANDs one bitmap an input; what remains are candidates, in the order of the rules. Where the buckets would
 * be too many, neighbours are joined, and then, or where a param stands in the column, the cells of a candidate are tested themselves. */
#ifndef REMIT_TABLE_INDEX_H
#define REMIT_TABLE_INDEX_H

#include "decision_table.h"

/* A bitmap is blocks of one cache line, 512 rules each, and behind them a summary: a bit for each block that has any. */
enum { REMIT_BLOCK_WORDS = 8, REMIT_BLOCK_RULES = 64 * REMIT_BLOCK_WORDS };

/* The first buckets of every lane; then numbers, then texts. */
enum { REMIT_BUCKET_NIL, REMIT_BUCKET_OTHER, REMIT_BUCKET_FALSE, REMIT_BUCKET_TRUE, REMIT_BUCKET_NUMBERS };

/* Where a bucket ends and the next begins: in front of a literal's value or behind it. */
typedef struct remit_cut {
  uint32_t literal;
  bool behind;
} remit_cut;

typedef struct remit_bucket {
  uint32_t bitmap;            /* its number in the lane */
  bool rough;                 /* not every rule of the bitmap holds for every value: test the cell */
} remit_bucket;

/* What the index has of one input whose cells are not all `-`. */
typedef struct remit_lane {
  uint32_t input;
  uint32_t number_cuts, text_cuts;
  bool long_numbers;          /* among the cuts: keys say nothing */
  uint32_t prefix;            /* bytes that all texts of the cuts begin with; keys are of what follows */
  const uint64_t *keys;       /* by cut: numbers ascending, then texts */
  const remit_cut *cuts;
  const remit_bucket *buckets;
  const uint64_t *bitmaps;    /* of `row_words` each, at a cache line */
  const uint32_t *counts;     /* by bitmap: how many rules */
} remit_lane;

struct remit_table_index {
  uint32_t lane_count;
  uint32_t block_count, summary_words, row_words;
  const remit_lane *lanes;    /* the one that lets fewest rules through first */
  const uint64_t *every_rule; /* a bitmap: where there is no lane */
  /* What a search works on. */
  const uint64_t **rows;      /* by lane, the rarest first */
  uint32_t *rough;            /* inputs whose cells are to be tested */
};

/* Makes the index of a table whose rules have been read, under the load budget. */
void remit_table_make_index(remit_table_reader *r, remit_decision_table *table);

/* A search in progress. */
typedef struct remit_search {
  const remit_table_index *index;
  uint32_t rough_count;
  uint64_t classes;           /* a number for the buckets that the values are in */
  uint32_t group;             /* of 64 blocks: the word of the summary */
  uint64_t live;              /* blocks of the group that are still to be looked at */
  uint32_t first_rule;        /* of the block at hand */
  uint32_t at;                /* word of the block */
  uint64_t block[REMIT_BLOCK_WORDS];
} remit_search;

/* Starts to look for what matches the table's `values`; adds its steps. */
void remit_search_start(remit_search *search, const remit_decision_table *table, uint64_t *steps);
/* The next candidate of the block at hand, or UINT32_MAX. */
static inline uint32_t remit_search_next(remit_search *search) {
  for (; search->at < REMIT_BLOCK_WORDS; search->at++) {
    uint64_t word = search->block[search->at];
    if (!word) continue;
    search->block[search->at] = word & (word - 1);
    return search->first_rule + search->at * 64 + (uint32_t)__builtin_ctzll(word);
  }
  return UINT32_MAX;
}
/* Goes to the next block that has candidates; false where there is none. */
bool remit_search_advance(remit_search *search, uint64_t *steps);

#endif
