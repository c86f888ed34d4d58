/* similarity: how alike two names are, by Jaro and Winkler. An example of a native plugin in C.
 *
 * The measure is a fraction of whole numbers, so it is worked out in whole numbers and rounded once: the same digits on every
 * machine, which floating point would not promise. */
#include <stdio.h>
#include <string.h>

#include "remit_plugin.h"

enum { CHARACTERS_MAX = 256, PREFIX_MAX = 4, PLACES = 4, SCALE = 10000 };

typedef struct name {
  uint32_t characters[CHARACTERS_MAX];
  int count;
} name;

/* The characters of a text, which Remit has checked to be UTF-8. False where there are too many. */
static int read_name(const remit_plugin_value *value, name *out) {
  const unsigned char *at = (const unsigned char *)value->bytes, *end = at + value->length;
  out->count = 0;
  while (at < end) {
    if (out->count == CHARACTERS_MAX) return 0;
    int more = *at < 0x80 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
    uint32_t character = more == 0 ? *at : *at & (0x3Fu >> more);
    for (at++; more > 0; more--) character = character << 6 | (*at++ & 0x3Fu);
    out->characters[out->count++] = character;
  }
  return 1;
}

/* How many characters the names share in nearly the same place, and how many of these stand in another order, twice counted. */
static int count_matches(const name *a, const name *b, int *transposed) {
  char in_a[CHARACTERS_MAX] = {0}, in_b[CHARACTERS_MAX] = {0};
  int longer = a->count > b->count ? a->count : b->count, reach = longer / 2 - 1, matches = 0;
  if (reach < 0) reach = 0;
  for (int i = 0; i < a->count; i++) {
    int first = i > reach ? i - reach : 0, last = i + reach < b->count ? i + reach : b->count - 1;
    for (int k = first; k <= last; k++) {
      if (in_b[k] || a->characters[i] != b->characters[k]) continue;
      in_a[i] = in_b[k] = 1;
      matches++;
      break;
    }
  }
  *transposed = 0;
  for (int i = 0, k = 0; i < a->count; i++) {
    if (!in_a[i]) continue;
    while (!in_b[k]) k++;
    *transposed += a->characters[i] != b->characters[k++];
  }
  return matches;
}

/* The similarity in ten-thousandths, rounded half up: 0 for nothing in common, 10000 for the same. */
static int similarity(const name *a, const name *b) {
  if (!a->count && !b->count) return SCALE;
  int transposed, matches = count_matches(a, b, &transposed);
  if (!matches) return 0;
  /* Jaro: a third of m/|a| + m/|b| + (m - t)/m, where t is half of what is transposed. */
  int64_t m = matches, x = a->count, y = b->count;
  int64_t numerator = 2 * m * m * (x + y) + (2 * m - transposed) * x * y, denominator = 6 * m * x * y;
  /* Winkler: a tenth of what is missing, for each character of a common beginning. */
  int prefix = 0;
  while (prefix < PREFIX_MAX && prefix < a->count && prefix < b->count && a->characters[prefix] == b->characters[prefix]) prefix++;
  numerator = 10 * numerator + prefix * (denominator - numerator);
  denominator *= 10;
  return (int)((2 * SCALE * numerator + denominator) / (2 * denominator));
}

static int jaro_winkler(const remit_plugin_value *arguments, size_t count, const remit_plugin_host *host) {
  (void)count;
  static const char too_long[] = "a name has more than 256 characters";
  name a, b;
  if (!read_name(&arguments[0], &a) || !read_name(&arguments[1], &b)) return host->fail(host, too_long, sizeof too_long - 1);
  char text[16];
  int value = similarity(&a, &b), length = snprintf(text, sizeof text, "%d.%0*d", value / SCALE, PLACES, value % SCALE);
  return host->give_text(host, text, (size_t)length);
}

static const remit_plugin_argument names[] = {{"a", REMIT_PLUGIN_TEXT}, {"b", REMIT_PLUGIN_TEXT}};

static const remit_plugin_function functions[] = {
  {"jaro_winkler", "How alike two names are, from 0 to 1, to four places.", names, 2, REMIT_PLUGIN_NUMBER, 100, 16, jaro_winkler},
};

static const remit_plugin plugin = {
  REMIT_PLUGIN_VERSION, "similarity", "1.0.0", "How alike two names are, by Jaro and Winkler.", functions, 1,
};

REMIT_PLUGIN_EXPORT const remit_plugin *remit_plugin_v1(void) { return &plugin; }
