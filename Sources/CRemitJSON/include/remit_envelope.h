/* A JSON-RPC 2.0 request taken apart in one pass. No allocation, and no copy: all parts lie in the text. */
#ifndef REMIT_ENVELOPE_H
#define REMIT_ENVELOPE_H

#include "remit_json.h"

/* What is wrong with a text that is JSON. */
typedef enum remit_envelope_problem {
  REMIT_ENVELOPE_FINE = 0,
  REMIT_ENVELOPE_INVALID_PARAMS,
  REMIT_ENVELOPE_INVALID_REQUEST,   /* outranks the one above */
} remit_envelope_problem;

/* The members of `params` that some method knows. */
typedef enum remit_envelope_member {
  REMIT_MEMBER_POLICY,
  REMIT_MEMBER_INPUT,
  REMIT_MEMBER_INPUTS,
  REMIT_MEMBER_PARAMS,
  REMIT_MEMBER_AT,
  REMIT_MEMBER_EXPLAIN,
  REMIT_MEMBER_CHANGES,
  REMIT_MEMBER_SNAPSHOT,
  REMIT_MEMBER_COUNT,
} remit_envelope_member;

typedef struct remit_envelope {
  remit_envelope_problem problem;
  const char *words;                       /* of the problem */
  bool is_batch;                           /* an array: each element is a request; nothing below is set */
  remit_slice id;                          /* as written, fit to be echoed; empty where there is none */
  bool has_id;                             /* without one nothing is answered; a request with a wrong one is */
  remit_json_string method;                /* between its quotes, as written */
  remit_slice members[REMIT_MEMBER_COUNT]; /* as written; NULL where absent */
  uint32_t present;                        /* one bit for each that is there */
  remit_json_string stranger;              /* the first key in `params` that no method knows; NULL where there is none */
} remit_envelope;

/* Reads one request, or a batch of them. Anything but REMIT_JSON_OK: it is no JSON, `*fault` is the byte at fault, and nothing is set.
 *
 * `depth_max` counts from each member of `params`, so that an input may be as deep here as in a file; of a batch it is told when its
 * requests are read one by one. With `trusting` the member `input` is only passed, for who decodes it next: the request is valid if the
 * input is. Without, every byte is validated. */
remit_json_status remit_envelope_read(remit_slice text, uint32_t depth_max, bool trusting, remit_envelope *out,
                                      const uint8_t **fault);

/* True where the text of a string, as written between its quotes, means `word`. */
bool remit_json_string_is(const remit_json_string *string, const char *word, size_t length);

#endif
