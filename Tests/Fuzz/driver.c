/* Runs a fuzz target without libFuzzer: `driver RUNS SEED FILE…` mutates the lines of the files at random, the same way for the same
 * seed. A run that fails leaves its text in the file `failed`. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 13 };

static uint8_t *corpus;
static size_t corpus_size, starts[1 << 12], line_count;
static uint8_t text[TEXT_MAX];
static size_t length;
static uint64_t state;

static uint64_t next(void) {
  state += 0x9E3779B97F4A7C15;
  uint64_t mixed = state;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
  return mixed ^ mixed >> 31;
}

static size_t below(size_t count) { return count ? next() % count : 0; }

static void read_corpus(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(2);
  }
  for (int c; (c = getc(file)) != EOF;) {
    corpus = realloc(corpus, corpus_size + 1);
    corpus[corpus_size++] = (uint8_t)c;
    if (c == '\n' && line_count < sizeof starts / sizeof *starts - 1) starts[++line_count] = corpus_size;
  }
  fclose(file);
}

static void insert(size_t at, const void *bytes, size_t count) {
  if (length + count > TEXT_MAX) return;
  uint8_t copy[512];
  if (count > sizeof copy) count = sizeof copy;
  memcpy(copy, bytes, count);
  memmove(text + at + count, text + at, length - at);
  memcpy(text + at, copy, count);
  length += count;
}

static void erase(size_t at, size_t count) {
  if (count > length - at) count = length - at;
  memmove(text + at, text + at + count, length - at - count);
  length -= count;
}

static void change(void) {
  static const char *const tokens[] = {
    "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "false", "0", "-", "1.5", "1e5", "1E-400", "01", ".", "\"\"", "\"id\":1,",
    "\"jsonrpc\":\"2.0\",", "\"method\":\"decide\",", "\"params\":{", "\"input\":", "\"policy\":\"a.x\"", "\\u0000", "\\ud800", "\\ud83d\\ude00",
    "\\udc00", "\\u00", " ", "\t", "\r", "\n", "\x01", "\x7f", "\xC3\xA9", "\xF0\x9F\x98\x80", "\xEF\xBB\xBF", "\xFF", "\xC0\x80", "\xED\xA0\x80",
    "9007199254740993", "12345678901234567890123456789012345", "[[[[[[[[[[[[[[[[", "]]]]]]]]]]]]]]]]", "{\"a\":{\"a\":{\"a\":",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  };
  size_t at = below(length + 1);
  switch (below(8)) {
  case 0: if (length) text[at % length] ^= (uint8_t)(1 << below(8)); break;
  case 1: if (length) text[at % length] = (uint8_t)next(); break;
  case 2: length = at; break;
  case 3: erase(at, 1 + below(20)); break;
  case 4: insert(at, text + at, length - at < 64 ? length - at : below(64)); break;
  case 5: {
    size_t line = below(line_count), start = starts[line] + below(starts[line + 1] - starts[line]);
    insert(at, corpus + start, below(starts[line + 1] - start));
    break;
  }
  default: {
    const char *token = tokens[below(sizeof tokens / sizeof *tokens)];
    insert(at, token, strlen(token));
  }
  }
}

static void keep_text(int signal) {
  FILE *file = fopen("failed", "wb");
  if (file) {
    fwrite(text, 1, length, file);
    fclose(file);
  }
  (void)signal;
  _exit(1);
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: driver RUNS SEED FILE...\n");
    return 2;
  }
  long runs = atol(arguments[1]);
  state = strtoull(arguments[2], NULL, 10);
  for (int i = 3; i < count; i++) read_corpus(arguments[i]);
  if (!line_count) return 2;
  signal(SIGABRT, keep_text);
  for (long run = 0; run < runs; run++) {
    size_t line = below(line_count);
    length = starts[line + 1] - starts[line] - 1;
    if (length > TEXT_MAX) length = TEXT_MAX;
    memcpy(text, corpus + starts[line], length);
    for (size_t changes = below(6); changes; changes--) change();
    LLVMFuzzerTestOneInput(text, length);
  }
  free(corpus);
  return 0;
}
