#include "pattern.h"

#include <string.h>

/* A matcher that backs up, without recursion: what may be tried another way lies on a stack of choices. Lua's own matcher
 * recurses at the same places, at most 200 deep, and the same patterns are "too complex" here and there.
 *
 * Each item that is tried is a step, each byte of a repetition too, so that a pattern which would run for years
 * is stopped by the budget like any other loop. */

enum { CHOICES_MAX = 199, SLICE = 256 };

typedef enum choice_kind {
  OPENED,                     /* a capture; to be taken back */
  CLOSED,                     /* a capture; to be opened again */
  OPTIONAL,                   /* x? that took one: try without */
  GREEDY,                     /* x* or x+ up to `at`: give one back, down to `item` */
  LAZY,                       /* x- up to `at`: take one more */
} choice_kind;

typedef struct choice {
  const char *at;
  const char *item;           /* LAZY: the item; GREEDY: the least `at` */
  const char *next;           /* the pattern behind it */
  choice_kind kind;
  int capture;
} choice;

typedef struct run {
  remit_matcher *m;
  const char *at, *pattern;
  int depth;
  choice choices[CHOICES_MAX];
} run;

void remit_matcher_settle(remit_matcher *m) {
  uint64_t steps = m->steps;
  m->steps = 0;
  if (steps) remit_charge(m->L, steps);
}

static inline void tick(remit_matcher *m, size_t steps) {
  m->steps += steps;
  if (m->steps >= SLICE) remit_matcher_settle(m);
}

/* ---- Single items: a character, a class, a set */

static inline bool between(unsigned char c, unsigned char low, unsigned char high) { return c >= low && c <= high; }
static inline bool is_letter(unsigned char c) { return between((unsigned char)(c | 0x20), 'a', 'z'); }
static inline bool is_digit(unsigned char c) { return between(c, '0', '9'); }

/* %a, %D, ...; a `class` that is no letter of these stands for itself. */
static bool class_has(unsigned char class, unsigned char c) {
  bool has;
  switch (class | 0x20) {
  case 'a': has = is_letter(c); break;
  case 'c': has = c < 0x20 || c == 0x7F; break;
  case 'd': has = is_digit(c); break;
  case 'g': has = between(c, 0x21, 0x7E); break;
  case 'l': has = between(c, 'a', 'z'); break;
  case 'p': has = between(c, 0x21, 0x7E) && !is_letter(c) && !is_digit(c); break;
  case 's': has = c == ' ' || between(c, '\t', '\r'); break;
  case 'u': has = between(c, 'A', 'Z'); break;
  case 'w': has = is_letter(c) || is_digit(c); break;
  case 'x': has = is_digit(c) || between((unsigned char)(c | 0x20), 'a', 'f'); break;
  case 'z': has = c == 0; break;
  default: return class == c;
  }
  if (!is_letter(class)) return class == c;
  return has == between(class, 'a', 'z');
}

/* `set` is at its "[", `last` at its "]". */
static bool set_has(const char *set, const char *last, unsigned char c) {
  const char *p = set + 1;
  bool inside = *p != '^';
  if (!inside) p++;
  while (p < last) {
    if (*p == '%') {
      if (class_has((unsigned char)p[1], c)) return inside;
      p += 2;
    } else if (p[1] == '-' && p + 2 < last) {
      if (between(c, (unsigned char)p[0], (unsigned char)p[2])) return inside;
      p += 3;
    } else {
      if ((unsigned char)*p == c) return inside;
      p++;
    }
  }
  return !inside;
}

/* Behind the item. */
static const char *item_end(const remit_matcher *m, const char *item) {
  if (*item == '%') {
    if (item + 1 == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
    return item + 2;
  }
  if (*item != '[') return item + 1;
  const char *p = item + 1;
  if (*p == '^') p++;
  /* A "]" in the first place is a member. */
  do {
    if (p >= m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
    p += *p == '%' && p + 1 < m->pattern_end ? 2 : 1;
  } while (*p != ']');
  return p + 1;
}

/* Reading a set takes time in its length. */
static inline size_t item_cost(const char *item, const char *end) {
  return *item == '[' ? 1 + (size_t)(end - item) / 4 : 1;
}

static inline bool item_has(const remit_matcher *m, const char *item, const char *end, const char *at) {
  if (at >= m->text_end) return false;
  unsigned char c = (unsigned char)*at;
  switch (*item) {
  case '.': return true;
  case '%': return class_has((unsigned char)item[1], c);
  case '[': return set_has(item, end - 1, c);
  default: return (unsigned char)*item == c;
  }
}

/* ---- Choices */

static choice *choose(run *r, choice_kind kind, const char *next) {
  if (r->depth == CHOICES_MAX) luaL_error(r->m->L, "pattern too complex");
  choice *made = &r->choices[r->depth++];
  made->kind = kind;
  made->at = r->at;
  made->next = next;
  return made;
}

/* Goes on with the latest choice that has another way left; false where none has. */
static bool back_up(run *r) {
  remit_matcher *m = r->m;
  for (; r->depth > 0; r->depth--) {
    choice *last = &r->choices[r->depth - 1];
    tick(m, 1);
    switch (last->kind) {
    case OPENED: m->captures--; continue;
    case CLOSED: m->capture[last->capture].length = REMIT_CAPTURE_OPEN; continue;
    case OPTIONAL: r->depth--; break;
    case GREEDY:
      if (last->at == last->item) continue;
      last->at--;
      break;
    case LAZY:
      tick(m, item_cost(last->item, last->next - 1));
      if (!item_has(m, last->item, last->next - 1, last->at)) continue;
      last->at++;
      break;
    }
    r->at = last->at;
    r->pattern = last->next;
    return true;
  }
  return false;
}

/* ---- What a pattern consists of. Each moves on in text and pattern, or returns false where the text does not go on so. */

static bool open_capture(run *r) {
  remit_matcher *m = r->m;
  bool position = r->pattern[1] == ')';
  if (m->captures == REMIT_CAPTURES_MAX) luaL_error(m->L, "too many captures");
  m->capture[m->captures] = (remit_capture){r->at, position ? REMIT_CAPTURE_POSITION : REMIT_CAPTURE_OPEN};
  m->captures++;
  choose(r, OPENED, NULL);
  r->pattern += position ? 2 : 1;
  return true;
}

static bool close_capture(run *r) {
  remit_matcher *m = r->m;
  int open = m->captures - 1;
  while (open >= 0 && m->capture[open].length != REMIT_CAPTURE_OPEN) open--;
  if (open < 0) luaL_error(m->L, "invalid pattern capture");
  m->capture[open].length = r->at - m->capture[open].start;
  choose(r, CLOSED, NULL)->capture = open;
  r->pattern++;
  return true;
}

/* %bxy */
static bool balanced(run *r) {
  remit_matcher *m = r->m;
  if (m->pattern_end - r->pattern < 4) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  char open = r->pattern[2], close = r->pattern[3];
  if (r->at >= m->text_end || *r->at != open) return false;
  size_t depth = 1;
  for (const char *at = r->at + 1; at < m->text_end; at++) {
    tick(m, 1);
    if (*at == close) {
      if (--depth > 0) continue;
      r->at = at + 1;
      r->pattern += 4;
      return true;
    }
    if (*at == open) depth++;
  }
  return false;
}

/* %f[set]: outside of the set before, inside now; the text has a zero at either end. */
static bool frontier(run *r) {
  remit_matcher *m = r->m;
  const char *set = r->pattern + 2;
  if (*set != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
  const char *end = item_end(m, set);
  tick(m, 2 * item_cost(set, end));
  unsigned char before = r->at == m->text ? 0 : (unsigned char)r->at[-1];
  unsigned char now = r->at == m->text_end ? 0 : (unsigned char)*r->at;
  if (set_has(set, end - 1, before) || !set_has(set, end - 1, now)) return false;
  r->pattern = end;
  return true;
}

/* %1: what that capture matched, once more. */
static bool back_reference(run *r) {
  remit_matcher *m = r->m;
  int index = r->pattern[1] - '1';
  if (index < 0 || index >= m->captures || m->capture[index].length == REMIT_CAPTURE_OPEN)
    luaL_error(m->L, "invalid capture index %%%d", index + 1);
  ptrdiff_t length = m->capture[index].length;
  /* A position never matches. */
  if (length < 0 || length > m->text_end - r->at) return false;
  tick(m, (size_t)length / 16);
  if (memcmp(m->capture[index].start, r->at, (size_t)length) != 0) return false;
  r->at += length;
  r->pattern += 2;
  return true;
}

static void repeat_greedily(run *r, const char *item, const char *end, size_t cost) {
  remit_matcher *m = r->m;
  const char *least = r->at;
  while (item_has(m, item, end, r->at)) {
    tick(m, cost);
    r->at++;
  }
  choose(r, GREEDY, end + 1)->item = least;
}

static bool single_item(run *r) {
  remit_matcher *m = r->m;
  const char *item = r->pattern, *end = item_end(m, item);
  size_t cost = item_cost(item, end);
  tick(m, cost);
  bool has = item_has(m, item, end, r->at);
  /* At the pattern's end a zero is read here, which repeats nothing. */
  switch (*end) {
  case '?':
    if (has) choose(r, OPTIONAL, end + 1), r->at++;
    break;
  case '-':
    if (has) choose(r, LAZY, end + 1)->item = item;
    break;
  case '*':
    if (has) repeat_greedily(r, item, end, cost);
    break;
  case '+':
    if (!has) return false;
    r->at++;
    repeat_greedily(r, item, end, cost);
    break;
  default:
    if (!has) return false;
    r->at++;
    r->pattern = end;
    return true;
  }
  r->pattern = end + 1;
  return true;
}

static bool advance(run *r) {
  switch (r->pattern[0]) {
  case '(': return open_capture(r);
  case ')': return close_capture(r);
  case '$':
    if (r->pattern + 1 != r->m->pattern_end) break;
    r->pattern++;
    return r->at == r->m->text_end;
  case '%':
    switch (r->pattern[1]) {
    case 'b': return balanced(r);
    case 'f': return frontier(r);
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
      return back_reference(r);
    }
  }
  return single_item(r);
}

/* Not inlined: the stack of choices is gone from the C stack before a policy's function is called. */
__attribute__((noinline)) const char *remit_match(remit_matcher *m, const char *at, const char *pattern) {
  run r;
  r.m = m;
  r.at = at;
  r.pattern = pattern;
  r.depth = 0;
  m->captures = 0;
  tick(m, 1);
  while (r.pattern != m->pattern_end) {
    tick(m, 1);
    if (!advance(&r) && !back_up(&r)) return NULL;
  }
  return r.at;
}
