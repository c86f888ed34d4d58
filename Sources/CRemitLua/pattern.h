/* Lua's patterns: matching one at one place of a text. */
#ifndef REMIT_PATTERN_H
#define REMIT_PATTERN_H

#include "vm.h"

enum {
  REMIT_CAPTURES_MAX = 32,
  /* In place of a capture's length. */
  REMIT_CAPTURE_OPEN = -1,
  REMIT_CAPTURE_POSITION = -2,
};

typedef struct remit_capture {
  const char *start;
  ptrdiff_t length;
} remit_capture;

/* Texts and patterns may hold zeros; both have a zero behind them, as Lua's strings do. */
typedef struct remit_matcher {
  lua_State *L;
  const char *text, *text_end, *pattern_end;
  uint64_t steps;             /* not charged yet */
  int captures;
  remit_capture capture[REMIT_CAPTURES_MAX];
} remit_matcher;

static inline void remit_matcher_start(
  lua_State *L, remit_matcher *m, const char *text, size_t length, const char *pattern, size_t pattern_length) {
  m->L = L;
  m->text = text;
  m->text_end = text + length;
  m->pattern_end = pattern + pattern_length;
  m->steps = 0;
  m->captures = 0;
}

/* The end of the match that starts at `at`, with its captures, or NULL. Raises where the pattern is malformed (as far as it was
 * read), and when the budget is spent. */
const char *remit_match(remit_matcher *m, const char *at, const char *pattern);

/* Charges the steps taken since the last time. */
void remit_matcher_settle(remit_matcher *m);

#endif
