#include <string.h>

#include "lib_string.h"

/* string.format. Whole numbers and decimals are written from their exact digits; no binary number comes up on the way, and no
 * address ever. */

/* ---- What stands between "%" and the letter */

typedef struct spec {
  bool minus, plus, space, alternate, zero;
  int width, precision;       /* precision -1: none */
  char conversion;
  char text[24];              /* as written, with its "%", for messages */
} spec;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Takes the spec at `at`, behind its "%", and returns the place behind it. Flags and such are looked at later, as each conversion
 * has its own. */
static const char *take_spec(lua_State *L, const char *at, spec *s) {
  size_t length = 0;
  while (at[length] && strchr("-+ #0123456789.", at[length])) length++;
  length++;
  if (length >= sizeof s->text - 2) luaL_error(L, "invalid format (too long)");
  s->text[0] = '%';
  memcpy(s->text + 1, at, length);
  s->text[length + 1] = 0;
  s->conversion = at[length - 1];
  return at + length;
}

/* At most two digits, as in Lua. */
static const char *take_number(const char *at, int *value) {
  for (int i = 0; i < 2 && is_digit(*at); i++) *value = *value * 10 + (*at++ - '0');
  return at;
}

static void read_spec(lua_State *L, spec *s, const char *flags, bool precision) {
  const char *at = s->text + 1;
  s->minus = s->plus = s->space = s->alternate = s->zero = false;
  s->width = 0;
  s->precision = -1;
  for (; *at && strchr(flags, *at); at++) {
    switch (*at) {
    case '-': s->minus = true; break;
    case '+': s->plus = true; break;
    case ' ': s->space = true; break;
    case '#': s->alternate = true; break;
    case '0': s->zero = true; break;
    }
  }
  if (*at != '0') {
    at = take_number(at, &s->width);
    if (*at == '.' && precision) {
      s->precision = 0;
      at = take_number(at + 1, &s->precision);
    }
  }
  if (*at != s->conversion) luaL_error(L, "invalid conversion specification: '%s'", s->text);
}

static bool has_modifiers(const spec *s) { return s->text[1] != s->conversion; }

/* ---- Laying out */

/* `lead` (sign or prefix), zeros, `body`, zeros, in the width. */
static void add_field(
  remit_text *out, const spec *s, const char *lead, size_t zeros, const char *body, size_t length, size_t zeros_behind) {
  size_t lead_length = strlen(lead), used = lead_length + zeros + length + zeros_behind;
  size_t padding = used < (size_t)s->width ? (size_t)s->width - used : 0;
  if (padding && s->zero && !s->minus) {
    zeros += padding;
    padding = 0;
  }
  if (!s->minus) remit_text_fill(out, ' ', padding);
  remit_text_add(out, lead, lead_length);
  remit_text_fill(out, '0', zeros);
  remit_text_add(out, body, length);
  remit_text_fill(out, '0', zeros_behind);
  if (s->minus) remit_text_fill(out, ' ', padding);
}

static const char *sign_of(const spec *s, bool negative) {
  return negative ? "-" : s->plus ? "+" : s->space ? " " : "";
}

/* The digits of a whole number; a precision is the least number of them, and "0" is written without digits at precision 0. */
static void add_whole(
  remit_text *out, spec *s, const char *lead, const char *digits, size_t count, size_t zeros_behind) {
  size_t zeros = 0;
  if (s->precision >= 0) {
    s->zero = false;
    if (s->precision == 0 && count == 1 && digits[0] == '0') count = 0;
    if ((size_t)s->precision > count + zeros_behind) zeros = (size_t)s->precision - count - zeros_behind;
  }
  /* %#o: at least one zero in front. */
  if (s->conversion == 'o' && s->alternate && !zeros && (count == 0 || digits[0] != '0')) zeros = 1;
  add_field(out, s, lead, zeros, digits, count, zeros_behind);
}

/* ---- Whole numbers */

static void check_whole(lua_State *L, int arg, remit_decimal *value) {
  remit_check_decimal(L, arg, value);
  if (!remit_decimal_is_whole(value)) luaL_argerror(L, arg, "number has no integer representation");
}

static void add_signed(lua_State *L, remit_text *out, spec *s, int arg) {
  remit_decimal value;
  char digits[REMIT_DECIMAL_DIGITS_MAX];
  check_whole(L, arg, &value);
  read_spec(L, s, s->conversion == 'u' ? "-0" : "-+0 ", true);
  size_t count = (size_t)remit_decimal_digits(&value, digits);
  add_whole(out, s, sign_of(s, value.negative), digits, count, (size_t)value.exponent);
}

/* %x %X %o, and %u below zero: the bits of a 64-bit integer. */
static void add_bits(lua_State *L, remit_text *out, spec *s, int arg) {
  uint64_t rest = (uint64_t)remit_check_integer(L, arg);
  read_spec(L, s, s->conversion == 'u' ? "-0" : "-#0", true);
  const char *alphabet = s->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  unsigned base = s->conversion == 'o' ? 8 : s->conversion == 'u' ? 10 : 16;
  const char *lead = !s->alternate || base != 16 || !rest ? "" : s->conversion == 'X' ? "0X" : "0x";
  char digits[24], *first = digits + sizeof digits;
  do *--first = alphabet[rest % base];
  while ((rest /= base) != 0);
  add_whole(out, s, lead, first, (size_t)(digits + sizeof digits - first), 0);
}

static void add_unsigned(lua_State *L, remit_text *out, spec *s, int arg) {
  remit_decimal value;
  remit_check_decimal(L, arg, &value);
  if (value.negative) add_bits(L, out, s, arg);
  else add_signed(L, out, s, arg);
}

static void add_character(lua_State *L, remit_text *out, spec *s, int arg) {
  read_spec(L, s, "-", false);
  char c = (char)remit_check_integer(L, arg);
  add_field(out, s, "", 0, &c, 1, 0);
}

/* ---- Decimals: 0.d1 d2 d3 ... * 10^point, where digits behind the last are zeros */

typedef struct digit_row {
  char digits[REMIT_DECIMAL_DIGITS_MAX];
  int count;                  /* without trailing zeros; 0 for zero */
  int point;
} digit_row;

static void to_digits(const remit_decimal *value, digit_row *row) {
  row->count = remit_decimal_digits(value, row->digits);
  row->point = row->count + value->exponent;
  if (row->count == 1 && row->digits[0] == '0') row->count = row->point = 0;
}

/* Keeps the first `kept` digits, half to even; none or fewer than none leave zero, or one unit of the last place. */
static void round_digits(digit_row *row, int kept) {
  if (kept >= row->count) return;
  if (kept < 0) {
    row->count = row->point = 0;
    return;
  }
  char next = row->digits[kept];
  bool tie = next == '5' && kept + 1 == row->count;
  bool odd = kept > 0 && (row->digits[kept - 1] - '0') % 2 != 0;
  bool up = tie ? odd : next >= '5';
  row->count = kept;
  if (up) {
    while (row->count > 0 && row->digits[row->count - 1] == '9') row->count--;
    if (row->count > 0) {
      row->digits[row->count - 1]++;
    } else {
      row->digits[0] = '1';
      row->count = 1;
      row->point++;
    }
  }
  while (row->count > 0 && row->digits[row->count - 1] == '0') row->count--;
  if (row->count == 0) row->point = 0;
}

static char *put_digits(char *to, const digit_row *row, int first, int count) {
  for (int i = first; i < first + count; i++) *to++ = i >= 0 && i < row->count ? row->digits[i] : '0';
  return to;
}

static char *put_fixed(char *to, const digit_row *row, int places, bool point) {
  if (row->point > 0) to = put_digits(to, row, 0, row->point);
  else *to++ = '0';
  if (places > 0 || point) *to++ = '.';
  return put_digits(to, row, row->point, places);
}

static int exponent_of(const digit_row *row) { return row->count ? row->point - 1 : 0; }

static char *put_scientific(char *to, const digit_row *row, int places, bool point, char letter) {
  to = put_digits(to, row, 0, 1);
  if (places > 0 || point) *to++ = '.';
  to = put_digits(to, row, 1, places);
  int exponent = exponent_of(row);
  *to++ = letter;
  *to++ = exponent < 0 ? '-' : '+';
  if (exponent < 0) exponent = -exponent;
  char digits[4];
  int count = 0;
  do digits[count++] = (char)('0' + exponent % 10);
  while ((exponent /= 10) != 0);
  if (count < 2) digits[count++] = '0';
  while (count > 0) *to++ = digits[--count];
  return to;
}

static int at_most(int value, int most) { return value < most ? value : most; }
static int at_least(int value, int least) { return value > least ? value : least; }

/* C's %g: scientific where the exponent is below -4 or not below the precision. */
static char *put_general(char *to, digit_row *row, const spec *s, char letter) {
  int precision = at_least(s->precision, 1);
  round_digits(row, precision);
  int exponent = exponent_of(row);
  if (exponent < -4 || exponent >= precision) {
    int places = precision - 1;
    if (!s->alternate) places = at_most(places, at_least(row->count - 1, 0));
    return put_scientific(to, row, places, s->alternate, letter);
  }
  int places = precision - 1 - exponent;
  if (!s->alternate) places = at_most(places, at_least(row->count - row->point, 0));
  return put_fixed(to, row, places, s->alternate);
}

/* %f %F %e %E %g %G. What rounds to zero has no sign, as everywhere with decimals. Not inlined, for its large frame. */
__attribute__((noinline)) static void add_decimal(lua_State *L, remit_text *out, spec *s, int arg) {
  char body[REMIT_DECIMAL_TEXT_MAX + 128], *end = body;
  remit_decimal value;
  digit_row row;
  remit_check_decimal(L, arg, &value);
  read_spec(L, s, "-+#0 ", true);
  if (s->precision < 0) s->precision = 6;
  to_digits(&value, &row);
  switch (s->conversion) {
  case 'f': case 'F':
    round_digits(&row, row.point + s->precision);
    end = put_fixed(body, &row, s->precision, s->alternate);
    break;
  case 'e': case 'E':
    round_digits(&row, 1 + s->precision);
    end = put_scientific(body, &row, s->precision, s->alternate, s->conversion);
    break;
  case 'g': end = put_general(body, &row, s, 'e'); break;
  case 'G': end = put_general(body, &row, s, 'E'); break;
  }
  add_field(out, s, sign_of(s, value.negative && row.count), 0, body, (size_t)(end - body), 0);
}

/* ---- Texts */

static void add_text(lua_State *L, remit_text *out, spec *s, int arg) {
  size_t length;
  const char *text = remit_push_text(L, arg, &length);
  if (has_modifiers(s)) {
    remit_charge_bytes(L, length);
    luaL_argcheck(L, !memchr(text, 0, length), arg, "string contains zeros");
    read_spec(L, s, "-", true);
    if (s->precision >= 0 && (size_t)s->precision < length) length = (size_t)s->precision;
    add_field(out, s, "", 0, text, length, 0);
  } else {
    remit_text_add(out, text, length);
  }
  lua_pop(L, 1);
}

/* A text that Lua reads back as the same bytes. */
static void add_quoted_text(remit_text *out, const char *text, size_t length) {
  remit_text_add(out, "\"", 1);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    char *to = remit_text_room(out, 8);
    size_t count = 0;
    if (c == '"' || c == '\\' || c == '\n') {
      to[count++] = '\\';
      to[count++] = (char)c;
    } else if (c < 0x20 || c == 0x7F) {
      /* All three digits where another digit follows. */
      bool wide = i + 1 < length && is_digit(text[i + 1]);
      to[count++] = '\\';
      if (wide || c >= 100) to[count++] = (char)('0' + c / 100);
      if (wide || c >= 10) to[count++] = (char)('0' + c / 10 % 10);
      to[count++] = (char)('0' + c % 10);
    } else {
      to[count++] = (char)c;
    }
    out->length += count;
  }
  remit_text_add(out, "\"", 1);
}

__attribute__((noinline)) static void add_quoted_number(lua_State *L, remit_text *out, int arg) {
  char text[REMIT_DECIMAL_TEXT_MAX];
  size_t length = remit_number_text(L, arg, text);
  if (!length) remit_number_error(L, arg);
  remit_text_add(out, text, length);
}

static void add_literal(lua_State *L, remit_text *out, const spec *s, int arg) {
  if (has_modifiers(s)) luaL_error(L, "specifier '%%q' cannot have modifiers");
  if (lua_type(L, arg) == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, arg, &length);
    add_quoted_text(out, text, length);
  } else if (remit_is_number(L, arg)) {
    add_quoted_number(L, out, arg);
  } else if (lua_type(L, arg) == LUA_TNIL || lua_type(L, arg) == LUA_TBOOLEAN) {
    size_t length;
    const char *text = remit_push_text(L, arg, &length);
    remit_text_add(out, text, length);
    lua_pop(L, 1);
  } else {
    luaL_argerror(L, arg, "value has no literal form");
  }
}

/* ---- format */

static void add_conversion(lua_State *L, remit_text *out, spec *s, int arg) {
  switch (s->conversion) {
  case 'c': add_character(L, out, s, arg); break;
  case 'd': case 'i': add_signed(L, out, s, arg); break;
  case 'u': add_unsigned(L, out, s, arg); break;
  case 'x': case 'X': case 'o': add_bits(L, out, s, arg); break;
  case 'f': case 'F': case 'e': case 'E': case 'g': case 'G': add_decimal(L, out, s, arg); break;
  case 's': add_text(L, out, s, arg); break;
  case 'q': add_literal(L, out, s, arg); break;
  case 'a': case 'A':
    luaL_error(L, "conversion '%s' writes binary floating point: numbers here are decimal", s->text);
    break;
  case 'p':
    luaL_error(L, "conversion '%s' writes an address: addresses differ from run to run", s->text);
    break;
  default: luaL_error(L, "invalid conversion '%s' to 'format'", s->text);
  }
}

int remit_string_format(lua_State *L) {
  int last = lua_gettop(L), arg = 1;
  size_t length;
  const char *at = remit_check_text(L, 1, &length), *end = at + length;
  remit_charge_bytes(L, length);
  remit_text out;
  spec s;
  remit_text_start(L, &out);
  while (at < end) {
    const char *mark = memchr(at, '%', (size_t)(end - at));
    if (!mark) mark = end;
    remit_text_add(&out, at, (size_t)(mark - at));
    if (mark == end) break;
    at = mark + 1;
    if (*at == '%') {
      remit_text_add(&out, at++, 1);
      continue;
    }
    if (++arg > last) return luaL_argerror(L, arg, "no value");
    remit_charge(L, 6);
    at = take_spec(L, at, &s);
    add_conversion(L, &out, &s, arg);
  }
  remit_text_push(&out);
  return 1;
}
