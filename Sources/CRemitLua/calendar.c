#include <string.h>

#include "calendar.h"
#include "machine.h"

/* The proleptic Gregorian calendar, years 1 to 9999. Days are counted from 0001-01-01 = 0. */

static bool leap(int32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int32_t remit_month_days(int32_t year, int32_t month) {
  static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : days[month - 1];
}

int32_t remit_days_from_date(remit_date date) {
  /* March is the first month of a computed year, so that the leap day is its last. */
  int32_t year = date.month <= 2 ? date.year - 1 : date.year, month = (date.month + 9) % 12;
  return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 307;
}

bool remit_date_from_days(int32_t days, remit_date *out) {
  if (days < 0 || days > REMIT_LAST_DAY) return false;
  int32_t shifted = days + 306;  /* from 0000-03-01 */
  int32_t era = shifted / 146097, rest = shifted % 146097;
  int32_t year_of_era = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
  int32_t day_of_year = rest - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int32_t month = (5 * day_of_year + 2) / 153;
  out->day = day_of_year - (153 * month + 2) / 5 + 1;
  out->month = month < 10 ? month + 3 : month - 9;
  out->year = era * 400 + year_of_era + (out->month <= 2);
  return true;
}

static bool digits(const char *text, int count, int32_t *out) {
  int32_t value = 0;
  for (int i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  *out = value;
  return true;
}

bool remit_date_parse(const char *text, size_t length, remit_date *out) {
  return length == 10 && text[4] == '-' && text[7] == '-' && digits(text, 4, &out->year) && digits(text + 5, 2, &out->month) &&
         digits(text + 8, 2, &out->day) && out->year >= 1 && out->month >= 1 && out->month <= 12 && out->day >= 1 &&
         out->day <= remit_month_days(out->year, out->month);
}

bool remit_date_valid(const char *text, size_t length) {
  remit_date date;
  return remit_date_parse(text, length, &date);
}

static void two(char *out, int32_t value) {
  out[0] = (char)('0' + value / 10);
  out[1] = (char)('0' + value % 10);
}

void remit_date_format(remit_date date, char out[10]) {
  two(out, date.year / 100);
  two(out + 2, date.year % 100);
  out[4] = out[7] = '-';
  two(out + 5, date.month);
  two(out + 8, date.day);
}

/* "Z" or "+hh:mm"; minutes east of UTC. */
static bool offset(const char *text, size_t length, int32_t *minutes) {
  if (length == 1 && (text[0] == 'Z' || text[0] == 'z')) {
    *minutes = 0;
    return true;
  }
  int32_t hour, minute;
  if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !digits(text + 1, 2, &hour) ||
      !digits(text + 4, 2, &minute) || hour > 23 || minute > 59)
    return false;
  *minutes = (hour * 60 + minute) * (text[0] == '-' ? -1 : 1);
  return true;
}

size_t remit_timestamp_parse(const char *text, size_t length, char out[32]) {
  remit_date date;
  int32_t hour, minute, second, east;
  if (length < 20 || !remit_date_parse(text, 10, &date) || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
      text[13] != ':' || text[16] != ':' || !digits(text + 11, 2, &hour) || !digits(text + 14, 2, &minute) ||
      !digits(text + 17, 2, &second) || hour > 23 || minute > 59 || second > 59)
    return 0;
  size_t at = 19, fraction = 0;
  if (text[at] == '.') {
    at++;
    while (at < length && text[at] >= '0' && text[at] <= '9') at++, fraction++;
    if (fraction < 1 || fraction > 9) return 0;
  }
  if (!offset(text + at, length - at, &east)) return 0;
  const char *fraction_digits = text + 20;
  while (fraction && fraction_digits[fraction - 1] == '0') fraction--;
  int32_t minutes = hour * 60 + minute - east, days = remit_days_from_date(date);
  while (minutes < 0) minutes += 1440, days--;
  while (minutes >= 1440) minutes -= 1440, days++;
  if (!remit_date_from_days(days, &date)) return 0;
  remit_date_format(date, out);
  out[10] = 'T';
  two(out + 11, minutes / 60);
  out[13] = ':';
  two(out + 14, minutes % 60);
  out[16] = ':';
  two(out + 17, second);
  size_t end = 19;
  if (fraction) {
    out[end++] = '.';
    memcpy(out + end, fraction_digits, fraction);
    end += fraction;
  }
  out[end++] = 'Z';
  return end;
}
