"""Prints cases and their results for a seed: the judge is Python's whole numbers, fractions and decimal module.

Usage: reference.py SEED COUNT. One case a line: operation, operands, "=", result; the result is a value in the form
"[-]coefficient e exponent" (reduced), "inexact", "range", "division by zero", or "-" where a double stands for nothing
short.
"""

import decimal
import random
import struct
import sys

DIGITS = 34
EXPONENT_MAX = 6144
WHOLE_MAX = 2**53 - 1
ROUNDINGS = ["half_even", "half_up", "half_down", "down", "up", "floor", "ceiling"]

random.seed(int(sys.argv[1]))
context = decimal.Context(prec=DIGITS, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[decimal.Inexact])


def reduce(coefficient, exponent):
    """The pair without trailing zeros."""
    if coefficient == 0:
        return 0, 0
    while coefficient % 10**64 == 0:
        coefficient //= 10**64
        exponent += 64
    while coefficient % 10 == 0:
        coefficient //= 10
        exponent += 1
    return coefficient, exponent


def show(coefficient, exponent):
    coefficient, exponent = reduce(coefficient, exponent)
    if abs(coefficient) >= 10**DIGITS:
        return "inexact"
    digits = len(str(abs(coefficient)))
    if coefficient and abs(exponent + digits - 1) > EXPONENT_MAX:
        return "range"
    return f"{coefficient}e{exponent}"


def through_context(operation, a, b):
    try:
        result = operation(decimal.Decimal(a), decimal.Decimal(b))
    except decimal.Inexact:
        return "inexact"
    sign, digits, exponent = result.as_tuple()
    coefficient = int("".join(map(str, digits)))
    return show(-coefficient if sign else coefficient, exponent)


def ratio(a, b, places=0):
    """a / b * 10^places as numerator and denominator, the latter above zero."""
    (m, e), (n, f) = a, b
    shift = e - f + places
    numerator, denominator = m * 10 ** max(shift, 0), n * 10 ** max(-shift, 0)
    return (-numerator, -denominator) if denominator < 0 else (numerator, denominator)


def rounded(numerator, denominator, rounding):
    below, rest = divmod(numerator, denominator)
    if rest == 0 or rounding == "floor":
        return below
    above, negative, twice = below + 1, numerator < 0, 2 * rest
    if rounding == "ceiling":
        return above
    if rounding in ("down", "up"):
        return above if negative == (rounding == "down") else below
    if twice != denominator:
        return above if twice > denominator else below
    if rounding == "half_even":
        return above if below % 2 else below
    return above if negative == (rounding == "half_down") else below


def coefficient():
    kind = random.random()
    if kind < 0.15:
        return random.choice([2 ** random.randrange(113), 5 ** random.randrange(49), 3 ** random.randrange(71)])
    if kind < 0.3:
        return max(1, min(10**DIGITS - 1, 10 ** random.randrange(DIGITS + 1) + random.randrange(-5, 6)))
    if kind < 0.33:
        return 0
    return random.randrange(10 ** random.randrange(1, DIGITS + 1))


def number():
    exponents = random.choice([(-22, 6), (-22, 6), (-50, 50), (-120, 120), (-6100, 6100)])
    value = coefficient() * random.choice([1, -1]), random.randrange(*exponents)
    return reduce(*value)


def amount():
    """A value that is usually short."""
    digits, places = random.choice([(9, 2), (15, 2), (12, 4), (15, 22), (16, 1), (3, 22)])
    return reduce(random.randrange(-(10**digits), 10**digits), -random.randrange(places + 1))


def short(coefficient, exponent):
    coefficient, exponent = reduce(coefficient, exponent)
    if exponent >= 0:
        return abs(coefficient * 10**exponent) <= WHOLE_MAX
    return abs(coefficient) < 10**15 and exponent >= -22


def text(value):
    return f"{value[0]}e{value[1]}"


def line(operation, *rest):
    print(operation, *rest[:-1], "=", rest[-1])


for index in range(int(sys.argv[2])):
    a, b = number(), number()
    if random.random() < 0.3:
        b = reduce(a[0] + random.randrange(-2, 3), a[1] + random.randrange(-3, 4))
        b = b if len(str(abs(b[0]))) <= DIGITS else a
    if random.random() < 0.1 and len(str(abs(a[0] * b[0]))) <= DIGITS:
        a = reduce(a[0] * b[0], a[1])
    x, y = text(a), text(b)
    line("add", x, y, through_context(context.add, x, y))
    line("subtract", x, y, through_context(context.subtract, x, y))
    line("multiply", x, y, through_context(context.multiply, x, y))
    places = random.choice([0, 2, 4, 33, -3, random.randrange(-80, 80)])
    rounding = random.choice(ROUNDINGS)
    if b[0] == 0:
        for operation in ("divide", "floor_divide", "modulo"):
            line(operation, x, y, "division by zero")
    else:
        line("divide", x, y, through_context(context.divide, x, y))
        numerator, denominator = ratio(a, b)
        quotient, unit = numerator // denominator, min(a[1], b[1])
        rest = (a[0] * 10 ** (a[1] - unit)) % (b[0] * 10 ** (b[1] - unit))
        line("floor_divide", x, y, show(quotient, 0))
        line("modulo", x, y, show(rest, unit))
        quotient = rounded(*ratio(a, b, places), rounding)
        line("divide_rounded", x, y, places, rounding, show(quotient, -places))
    line("round", x, places, rounding, show(rounded(*ratio(a, (1, 0), places), rounding), -places))
    exponent = random.randrange(40)
    line("power", x, exponent, show(a[0] ** exponent, a[1] * exponent))

    a, b = amount(), amount()
    if short(*a) and short(*b):
        x, y = text(a), text(b)
        unit = min(a[1], b[1])
        m, n = a[0] * 10 ** (a[1] - unit), b[0] * 10 ** (b[1] - unit)
        results = {"add": (m + n, unit), "subtract": (m - n, unit), "multiply": (a[0] * b[0], a[1] + b[1])}
        if n != 0:
            results["floor_divide"] = (m // n, 0)
            results["modulo"] = (m % n, unit)
            if (m * 10**22) % n == 0:
                results["divide"] = (m * 10**22 // n, -22)
        for operation in ("add", "subtract", "multiply", "divide", "floor_divide", "modulo"):
            result = results.get(operation)
            line("short_" + operation, x, y, show(*result) if result and short(*result) else "-")

    # The shortest text of a double is the decimal that it stands for, if any of up to 15 digits does.
    bits = random.getrandbits(64)
    if random.random() < 0.7:
        bits = struct.unpack("<Q", struct.pack("<d", float(text(amount()))))[0] + random.choice([0, 0, 1, -1])
    double = struct.unpack("<d", struct.pack("<Q", bits % 2**64))[0]
    result = "-"
    if double - double == 0:
        if double == int(double):
            value = int(double), 0
        else:
            sign, digits, exponent = decimal.Decimal(repr(double)).as_tuple()
            value = int("".join(map(str, digits))) * (-1 if sign else 1), exponent
        result = show(*value) if short(*value) else "-"
    line("split", bits % 2**64, result)
