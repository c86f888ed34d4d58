/* Requests in JSON-RPC 2.0. */
#include "remit_envelope.h"

bool remit_json_string_is(const remit_json_string *string, const char *word, size_t length) {
  if (REMIT_LIKELY(!string->escaped)) return string->length == length && !memcmp(string->bytes, word, length);
  /* A character of these words is written with six bytes at most. */
  enum { WORD_MAX = 16, ESCAPE_MAX = 6 };
  uint8_t plain[WORD_MAX * ESCAPE_MAX];
  if (length > WORD_MAX || string->length > length * ESCAPE_MAX) return false;
  return remit_json_unescape(string->bytes, string->length, plain) == length && !memcmp(plain, word, length);
}

typedef struct word {
  const char *text;
  size_t length;
} word;

#define WORD(text) {text, sizeof(text) - 1}

enum { JSONRPC, ID, METHOD, PARAMS, OUTER_COUNT };
static const word outer[OUTER_COUNT] = {WORD("jsonrpc"), WORD("id"), WORD("method"), WORD("params")};
static const char *const outer_twice[OUTER_COUNT] = {
  "jsonrpc is given twice", "id is given twice", "method is given twice", "params is given twice",
};

static const word inner[REMIT_MEMBER_COUNT] = {
  [REMIT_MEMBER_POLICY] = WORD("policy"),   [REMIT_MEMBER_INPUT] = WORD("input"),     [REMIT_MEMBER_INPUTS] = WORD("inputs"),
  [REMIT_MEMBER_PARAMS] = WORD("params"),   [REMIT_MEMBER_AT] = WORD("at"),           [REMIT_MEMBER_EXPLAIN] = WORD("explain"),
  [REMIT_MEMBER_CHANGES] = WORD("changes"), [REMIT_MEMBER_SNAPSHOT] = WORD("snapshot"),
};
static const char *const inner_twice[REMIT_MEMBER_COUNT] = {
  [REMIT_MEMBER_POLICY] = "policy: given twice",   [REMIT_MEMBER_INPUT] = "input: given twice",
  [REMIT_MEMBER_INPUTS] = "inputs: given twice",   [REMIT_MEMBER_PARAMS] = "params: given twice",
  [REMIT_MEMBER_AT] = "at: given twice",           [REMIT_MEMBER_EXPLAIN] = "explain: given twice",
  [REMIT_MEMBER_CHANGES] = "changes: given twice", [REMIT_MEMBER_SNAPSHOT] = "snapshot: given twice",
};

/* The place of the key among the words, or `count`. */
static unsigned find(const remit_json_string *key, const word *words, unsigned count) {
  unsigned i = 0;
  while (i < count && !remit_json_string_is(key, words[i].text, words[i].length)) i++;
  return i;
}

/* The worst counts, and of equals the first. */
static void note(remit_envelope *out, remit_envelope_problem problem, const char *words) {
  if (problem <= out->problem) return;
  out->problem = problem;
  out->words = words;
}

/* Passes what stands before the value of the next member, the first where `*first` is set. False at the object's end, which is passed
 * too, and where reading fails. */
static bool next_member(remit_json_cursor *c, bool *first, remit_json_string *key) {
  if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  if (*c->at == '}') {
    c->at++;
    return false;
  }
  if (!*first) {
    if (*c->at != ',') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
    c->at++;
    if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  }
  *first = false;
  if (*c->at != '"') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
  if (!remit_json_read_string(c, key)) return false;
  if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  if (*c->at != ':') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
  c->at++;
  return remit_json_space(c) || remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
}

static bool read_value(remit_json_cursor *c, remit_slice *out) {
  out->bytes = c->at;
  if (!remit_json_skip(c)) return false;
  out->length = (size_t)(c->at - out->bytes);
  return true;
}

static bool read_params(remit_json_cursor *c, bool trusting, remit_envelope *out) {
  remit_slice value;
  if (*c->at == '[') {
    note(out, REMIT_ENVELOPE_INVALID_PARAMS, "params: expected an object, members are not told by their places");
    return read_value(c, &value);
  }
  if (*c->at != '{') {
    /* Null is what some clients write for a method without any. */
    if (*c->at != 'n') note(out, REMIT_ENVELOPE_INVALID_REQUEST, "params: expected an object");
    return read_value(c, &value);
  }
  c->at++;
  remit_json_string key;
  for (bool first = true; next_member(c, &first, &key);) {
    unsigned member = find(&key, inner, REMIT_MEMBER_COUNT);
    if (member == REMIT_MEMBER_COUNT) {
      if (!out->stranger.bytes) out->stranger = key;
      if (!read_value(c, &value)) return false;
    } else if (out->members[member].bytes) {
      note(out, REMIT_ENVELOPE_INVALID_PARAMS, inner_twice[member]);
      if (!read_value(c, &value)) return false;
    } else if (member == REMIT_MEMBER_INPUT && trusting) {
      remit_slice *input = &out->members[member];
      input->bytes = c->at;
      if (!remit_json_pass(c)) return false;
      input->length = (size_t)(c->at - input->bytes);
      out->present |= 1u << member;
    } else {
      /* Each of several inputs may be as deep as one. */
      uint32_t depth_max = c->depth_max;
      c->depth_max += member == REMIT_MEMBER_INPUTS;
      if (!read_value(c, &out->members[member])) return false;
      c->depth_max = depth_max;
      out->present |= 1u << member;
    }
  }
  return c->status == REMIT_JSON_OK;
}

static bool read_id(remit_json_cursor *c, remit_envelope *out) {
  uint8_t first = *c->at;
  bool fits = first == '"' || first == 'n' || first == '-' || (uint8_t)(first - '0') <= 9;
  if (!fits) note(out, REMIT_ENVELOPE_INVALID_REQUEST, "id: expected a text, a number or null");
  remit_slice value;
  if (!read_value(c, &value)) return false;
  if (fits) out->id = value;
  return true;
}

static bool read_text(remit_json_cursor *c, remit_json_string *text, bool *is_text) {
  *is_text = *c->at == '"';
  return *is_text ? remit_json_read_string(c, text) : remit_json_skip(c);
}

static bool read_request(remit_json_cursor *c, bool trusting, remit_envelope *out) {
  bool seen[OUTER_COUNT] = {false};
  remit_json_string key;
  c->at++;
  for (bool first = true; next_member(c, &first, &key);) {
    unsigned member = find(&key, outer, OUTER_COUNT);
    if (member == OUTER_COUNT) {
      if (!remit_json_skip(c)) return false;
      continue;
    }
    if (seen[member]) {
      note(out, REMIT_ENVELOPE_INVALID_REQUEST, outer_twice[member]);
      /* Which of two would be told is anyone's guess. */
      if (member == ID) out->id = (remit_slice){0};
      if (!remit_json_skip(c)) return false;
      continue;
    }
    seen[member] = true;
    bool is_text;
    switch (member) {
    case JSONRPC: {
      remit_json_string version;
      if (!read_text(c, &version, &is_text)) return false;
      if (!is_text || !remit_json_string_is(&version, "2.0", 3))
        note(out, REMIT_ENVELOPE_INVALID_REQUEST, "jsonrpc: expected \"2.0\"");
      break;
    }
    case ID:
      if (!read_id(c, out)) return false;
      break;
    case METHOD:
      if (!read_text(c, &out->method, &is_text)) return false;
      if (!is_text) note(out, REMIT_ENVELOPE_INVALID_REQUEST, "method: expected a text");
      break;
    default:
      if (!read_params(c, trusting, out)) return false;
    }
  }
  if (c->status != REMIT_JSON_OK) return false;
  if (!seen[JSONRPC]) note(out, REMIT_ENVELOPE_INVALID_REQUEST, "jsonrpc: expected \"2.0\"");
  if (!seen[METHOD]) note(out, REMIT_ENVELOPE_INVALID_REQUEST, "method: missing");
  out->has_id = seen[ID];
  return true;
}

remit_json_status remit_envelope_read(remit_slice text, uint32_t depth_max, bool trusting, remit_envelope *out,
                                      const uint8_t **fault) {
  remit_json_cursor c = {.at = text.bytes, .end = text.bytes + text.length, .depth_max = depth_max};
  *out = (remit_envelope){0};
  if (!remit_json_space(&c)) {
    remit_json_fail(&c, REMIT_JSON_TRUNCATED, c.at);
  } else if (*c.at == '{') {
    read_request(&c, trusting, out);
  } else {
    out->is_batch = *c.at == '[';
    /* Each of its requests is read by itself, and one that is nested too deeply spoils no other. */
    if (out->is_batch) c.depth_max = REMIT_JSON_DEPTH_LIMIT;
    else note(out, REMIT_ENVELOPE_INVALID_REQUEST, "expected an object");
    remit_json_skip(&c);
  }
  if (c.status == REMIT_JSON_OK && remit_json_space(&c)) remit_json_fail(&c, REMIT_JSON_UNEXPECTED, c.at);
  if (fault) *fault = c.at;
  return c.status;
}
