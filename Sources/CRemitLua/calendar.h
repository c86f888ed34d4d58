/* Dates as three numbers and as days, over the proleptic Gregorian calendar, years 1 to 9999; pure, no Lua. See calendar.c. */
#ifndef REMIT_CALENDAR_H
#define REMIT_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct remit_date {
  int32_t year, month, day;
} remit_date;

enum { REMIT_LAST_DAY = 3652058 };  /* 9999-12-31 */

int32_t remit_month_days(int32_t year, int32_t month);
int32_t remit_days_from_date(remit_date date);
bool remit_date_from_days(int32_t days, remit_date *out);
bool remit_date_parse(const char *text, size_t length, remit_date *out);
void remit_date_format(remit_date date, char out[10]);
bool remit_date_valid(const char *text, size_t length);
/* RFC 3339 time -> canonical text in UTC: YYYY-MM-DDTHH:MM:SS[.fraction]Z, at most 31 bytes. 0 where it is none. */
size_t remit_timestamp_parse(const char *text, size_t length, char out[32]);

#endif
