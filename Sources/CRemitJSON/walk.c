/* Walking a value that is known to be valid, one member or element at a time. */
#include "remit_json.h"

bool remit_json_walk_start(remit_json_walk *walk, remit_slice text) {
  *walk = (remit_json_walk){
    .cursor = {.at = text.bytes, .end = text.bytes + text.length, .depth_max = REMIT_JSON_DEPTH_LIMIT},
  };
  remit_json_cursor *c = &walk->cursor;
  if (!remit_json_space(c) || (*c->at != '{' && *c->at != '[')) {
    c->at = c->end;
    return false;
  }
  walk->object = *c->at++ == '{';
  return true;
}

bool remit_json_walk_next(remit_json_walk *walk) {
  remit_json_cursor *c = &walk->cursor;
  if (!remit_json_space(c)) return false;
  if (*c->at == ',') {
    c->at++;
    if (!remit_json_space(c)) return false;
  }
  /* At the bracket the cursor stays, so that every later call ends here too. */
  if (*c->at == (walk->object ? '}' : ']')) return false;
  if (walk->object) {
    if (!remit_json_read_string(c, &walk->key) || !remit_json_space(c)) return false;
    if (*c->at != ':') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
    c->at++;
    if (!remit_json_space(c)) return false;
  }
  walk->value.bytes = c->at;
  if (!remit_json_skip(c)) return false;
  walk->value.length = (size_t)(c->at - walk->value.bytes);
  return true;
}
