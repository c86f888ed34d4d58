/* Arithmetic on short decimals held by doubles (see remit_decimal.h), for the decision path. */
#ifndef REMIT_SHORT_H
#define REMIT_SHORT_H

#include "remit_decimal.h"

/* 10^0 ... 10^22: every power of ten that a double holds exactly. */
extern const double remit_power_of_ten[23];

/* coefficient / 10^places with the least places. False where the double stands for no short value. Whole numbers up to
 * 2^53 - 1 have places 0 (and up to 16 digits). */
bool remit_short_split(double value, int64_t *coefficient, int32_t *places);

/* The double of coefficient / 10^places; false where that is not a short value (places may be 0 ... 44; trailing zeros are
 * removed first where that makes it short). Zero is +0.0. */
bool remit_short_join(int64_t coefficient, int32_t places, double *out);

/* Each is exact; false means only "not representable this way (an operand or the result is not short): take the long way". */
bool remit_short_add(double a, double b, double *out);
bool remit_short_subtract(double a, double b, double *out);
bool remit_short_multiply(double a, double b, double *out);
bool remit_short_divide(double a, double b, double *out);
bool remit_short_floor_divide(double a, double b, double *out);
bool remit_short_modulo(double a, double b, double *out);

/* As remit_decimal_round and remit_decimal_divide_rounded. */
bool remit_short_round(double a, int32_t places, remit_rounding rounding, double *out);
bool remit_short_divide_rounded(double a, double b, int32_t places, remit_rounding rounding, double *out);

/* Canonical text of a short value, at most 40 bytes; 0 where the double stands for none. */
size_t remit_short_format(double value, char *text);

#endif
