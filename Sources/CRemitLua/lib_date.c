#include "calendar.h"
#include "machine.h"

/* The `date` library. A date is the text YYYY-MM-DD, so that dates compare, serve as keys and are written as they are; a time is
 * the text YYYY-MM-DDTHH:MM:SSZ. Wherever a date is wanted, a time stands for its UTC day. */

static remit_date check_date(lua_State *L, int arg) {
  size_t length;
  const char *text = luaL_checklstring(L, arg, &length);
  char canonical[32];
  remit_date date;
  if (remit_date_parse(text, length, &date)) return date;
  if (!remit_timestamp_parse(text, length, canonical) || !remit_date_parse(canonical, 10, &date))
    luaL_argerror(L, arg, "expected a date (YYYY-MM-DD)");
  return date;
}

static int push_date(lua_State *L, remit_date date) {
  char text[10];
  remit_date_format(date, text);
  lua_pushlstring(L, text, sizeof text);
  return 1;
}

static int date_add_days(lua_State *L) {
  remit_date date = check_date(L, 1);
  lua_Integer days = remit_check_integer(L, 2);
  if (days < -REMIT_LAST_DAY || days > REMIT_LAST_DAY ||
      !remit_date_from_days(remit_days_from_date(date) + (int32_t)days, &date))
    return luaL_error(L, "date.add_days: the result is not within the years 1 to 9999");
  return push_date(L, date);
}

/* A day that the month does not have becomes its last: January 31 + 1 month is February 28 or 29. */
static int date_add_months(lua_State *L) {
  remit_date date = check_date(L, 1);
  lua_Integer months = remit_check_integer(L, 2);
  if (months < -120000 || months > 120000) return luaL_error(L, "date.add_months: the result is not within the years 1 to 9999");
  int32_t count = date.year * 12 + date.month - 1 + (int32_t)months;
  if (count < 12 || count >= 120000) return luaL_error(L, "date.add_months: the result is not within the years 1 to 9999");
  date.year = count / 12;
  date.month = count % 12 + 1;
  int32_t last = remit_month_days(date.year, date.month);
  if (date.day > last) date.day = last;
  return push_date(L, date);
}

/* Days from the first to the second: positive where the second is later. */
static int date_days_between(lua_State *L) {
  remit_date from = check_date(L, 1), to = check_date(L, 2);
  lua_pushinteger(L, remit_days_from_date(to) - remit_days_from_date(from));
  return 1;
}

/* 1 is Monday, 7 is Sunday. */
static int date_weekday(lua_State *L) {
  lua_pushinteger(L, remit_days_from_date(check_date(L, 1)) % 7 + 1);
  return 1;
}

static int date_year(lua_State *L) {
  lua_pushinteger(L, check_date(L, 1).year);
  return 1;
}

static int date_month(lua_State *L) {
  lua_pushinteger(L, check_date(L, 1).month);
  return 1;
}

static int date_day(lua_State *L) {
  lua_pushinteger(L, check_date(L, 1).day);
  return 1;
}

static int date_of(lua_State *L) {
  lua_Integer year = remit_check_integer(L, 1), month = remit_check_integer(L, 2), day = remit_check_integer(L, 3);
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > remit_month_days((int32_t)year, (int32_t)month))
    return luaL_error(L, "date.of: there is no such day");
  return push_date(L, (remit_date){(int32_t)year, (int32_t)month, (int32_t)day});
}

/* The date, or nil where the text is none. */
static int date_parse(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  remit_date date;
  lua_settop(L, 1);
  if (!remit_date_parse(text, length, &date)) lua_pushnil(L);
  return 1;
}

/* The UTC day of a time. */
static int date_from_timestamp(lua_State *L) { return push_date(L, check_date(L, 1)); }

int remit_open_date(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"add_days", date_add_days}, {"add_months", date_add_months}, {"days_between", date_days_between},
    {"weekday", date_weekday},   {"year", date_year},             {"month", date_month},
    {"day", date_day},           {"of", date_of},                 {"parse", date_parse},
    {"from_timestamp", date_from_timestamp}, {NULL, NULL},
  };
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
