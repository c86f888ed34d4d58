"""Rows and runs for the rules on statements, acceptance and the processes themselves, for generate.py and compare.py."""

from decimal import Decimal

from generate import NEAR, Raw, any_amount, at_least_zero, maybe, near

DEMANDS = ["expense", "fixed_asset", "construction"]

# What is blank, and what only looks like it.
BLANKS = ["", " ", "\t", "\r", "\n", "\u3000", " \u3000\r\n\t", "\u3000\u3000"]
LIKE_BLANK = ["\u00a0", "\u200b", "\u2003", "\u2028", "\u000b", "\u0000", "\u3001", "\ufeff", "\u3000x", "  x"]
WORDS = ["U1", "u1", "U2", "王芳", "王芳 ", "李伟", "form", "填写请购单", "e\u0301", "\u00e9", "😀", "0"]


def any_text(rng, blanks=0.3):
    if rng.random() < blanks:
        return rng.choice(BLANKS)
    return rng.choice(LIKE_BLANK if rng.random() < 0.1 else WORDS)


def maybe_text(rng, row, name, chance=0.85, blanks=0.1):
    maybe(rng, row, name, chance, any_text(rng, blanks))


def whole(rng, value):
    """A whole number as JSON: never a text, which an integer does not take."""
    return Raw("%d" % value + rng.choice(["", "", "", ".0"]))


def signed_amount(rng):
    return any_amount(rng) * rng.choice([1, -1])


def parts(rng, whole, count):
    """`whole` as a sum of `count` decimals that are not negative."""
    cuts = sorted(whole * rng.choice([0, 1, Decimal(rng.randrange(101)) / 100]) for _ in range(count - 1))
    return [high - low for low, high in zip([Decimal(0)] + cuts, cuts + [whole])]


# ---- D4


def statement(rng, params):
    row = {"id": "B-%d" % rng.randrange(1000), "kind": rng.choice(["stock", "fund"]), "book": signed_amount(rng)}
    moving = rng.choice([Decimal(0), signed_amount(rng)])
    limit = rng.choice([Decimal(0), Decimal(params["tolerance"]), Decimal(params["adjust_limit"])])
    difference = limit * rng.choice([1, -1]) + rng.choice(NEAR) if rng.random() < 0.85 else signed_amount(rng)
    row["actual"] = difference + row["book"] - moving
    if moving:
        row["in_transit"] = moving
    else:
        maybe(rng, row, "in_transit", 0.3, moving)
    return row


# ---- D5


def acceptance(rng, params):
    people = ["warehouse_keeper", "requester", "acceptance_group"] * 3 + ["buyer", "", "Requester", "requester ", "需求部门"]
    return {"id": "G-%d" % rng.randrange(1000), "demand_type": rng.choice(DEMANDS), "order_confirmed": rng.random() < 0.85,
            "passed": rng.random() < 0.85, "accepted_by": [rng.choice(people) for _ in range(rng.choice([0, 1, 2, 2, 3, 4, 6]))]}


# ---- E1


def completeness_step(rng, chance):
    step = {"name": rng.choice(["fill", "review", "审核需求", "review", "x" * 64])}
    for name in ["task", "responsible", "objective", "kpi"]:
        maybe_text(rng, step, name, chance, (1 - chance) / 2)
    hours = rng.choice([Decimal(4), Decimal("0.01"), Decimal("0.000001"), Decimal(24)])
    maybe(rng, step, "time_limit_hours", chance, hours if rng.random() < chance else Decimal("0.00"))
    for name in ["resources", "information"]:
        held = [any_text(rng) for _ in range(rng.randint(1, 3))]
        maybe(rng, step, name, chance, held if rng.random() < chance else [])
    return step


def completeness(rng, params):
    chance = rng.choice([1, 1, 0.97, 0.9, 0.6, 0])
    count = rng.choice([0, 1, 1, 2, 3, 4, 7, 11, 16])       # of 16 steps' 96 elements, 3 are half a place over: 0.03125
    return {"id": "E-%d" % rng.randrange(1000), "name": any_text(rng),
            "step": [completeness_step(rng, chance) for _ in range(count)]}


# ---- E2


def efficiency(rng, params):
    count = rng.randint(1, 5)
    total = rng.choice([Decimal(20), Decimal("7.5"), Decimal(rng.randrange(1, 400)) / 4])
    share = rng.choice([Decimal(params["min_efficiency"]), Decimal(params["good_efficiency"])] * 3 + [Decimal(0), Decimal(1)])
    execution = share * total
    chance = rng.random()
    if chance < 0.1:
        scale = rng.randrange(1, 9)
        total, execution = Decimal(20000 * scale), Decimal(rng.randrange(1, 20000, 2) * scale)  # ends in half a place
    elif chance < 0.3:
        execution = total * rng.randrange(10001) / 10000
    elif chance < 0.5:
        execution += rng.choice(NEAR) / 10                  # the rest stays, so that the total moves, too
    execution = min(max(execution, Decimal(0)), total)
    idle = parts(rng, total - execution, count)
    rows = []
    for worked, waited in zip(parts(rng, execution, count), idle):
        delay, transfer = parts(rng, waited, 2)
        rows.append({"execution_hours": worked, "delay_hours": delay, "transfer_hours": transfer})
    if rng.random() < 0.3:
        rows += [dict(rng.choice(rows))]                    # a tie; in any order, below
        rng.shuffle(rows)
    if rng.random() < 0.2:
        step = rng.choice(rows)
        name = rng.choice(list(step))
        step[name] = at_least_zero(step[name] + rng.choice(NEAR))
    if rng.random() < 0.06:
        rows = [{name: Decimal(0) for name in rows[0]} for _ in range(rng.randrange(3))]
    total = sum((sum(step.values()) for step in rows), Decimal(0))
    row = {"id": "Q-%d" % rng.randrange(1000), "steps": rows}
    maybe(rng, row, "benchmark_hours", 0.5, near(rng, total) if rng.random() < 0.8 else any_amount(rng))
    return row


# ---- E3


def evaluation(rng, params):
    def share():
        if rng.random() < 0.1:
            return rng.choice([Decimal(0), Decimal(1), Decimal("0.5")])
        places = rng.choice([1, 2, 2, 3, 4, 6])
        return Decimal(rng.randrange(10 ** places + 1)).scaleb(-places)

    row = {"id": "V-%d" % rng.randrange(1000), "compliance": share(), "effectiveness": share(), "performance": share(),
           "external_review": rng.random() < 0.6}
    if rng.random() < 0.7:
        # Two at random, high enough for what the third must make up to reach a grade's line, or to miss it by a hair.
        line = Decimal(params[rng.choice(["min_a", "min_b", "min_c"])])
        line += Decimal(rng.choice(["0", "0", "0.0001", "-0.0001", "0.00005", "-0.00005", "0.00004", "-0.00004"]))
        for _ in range(20):
            made_up = rng.choice(["compliance", "effectiveness", "performance"])
            rest = sum(Decimal(params["weight_" + name]) * row[name]
                       for name in ["compliance", "effectiveness", "performance"] if name != made_up)
            weight = Decimal(params["weight_" + made_up])
            if weight:
                needed = quotient(line - rest, weight)
                if needed is not None and 0 <= needed <= 1:
                    row[made_up] = needed
                    break
            row[rng.choice(["compliance", "effectiveness", "performance"])] = share()
    return row


def quotient(part, whole):
    """Exactly, or None where it does not end within 12 places."""
    scaled, rest = divmod(part * 10 ** 12, whole)
    return None if rest else scaled.scaleb(-12).normalize() + 0


# ---- E4


def title_of(rng, length):
    alphabet = rng.choice(["采购管理流程文件规范", "采购管理流程文件规范", "abc XYZ", "😀采", "e\u0301", "　 采"])
    return "".join(rng.choice(alphabet) for _ in range(length))


def document_control(rng, params):
    bad = rng.choice([0, 0.02, 0.1, 0.4])

    def good(value, *others):
        return rng.choice(others) if rng.random() < bad else value

    lines = [int(params["title_max"]), int(params["title_large_max"])]
    length = max(1, rng.choice(lines) + rng.choice([-1, 0, 0, 1, 2])) if rng.random() < 0.8 else rng.randint(1, 30)
    title = title_of(rng, length)
    names = ["王芳", "李伟", "张敏", "王芳 "]
    first, second, third = rng.sample(names, 3)
    pages = rng.choice([1, 2, 9, 100])
    row = {
        "id": "W-%d" % rng.randrange(1000), "title": title, "font_size": rng.choice(["二号", "二号", "小二", good("小二", "other")]),
        "bold": good(True, False), "centred": good(True, False), "single_line": good(True, False),
        "prepared_by": good(first, any_text(rng, 0.7)), "reviewed_by": good(second, any_text(rng, 0.7)),
        "approved_by": good(third, first, any_text(rng, 0.7)), "revision_record": good(True, False),
        "number": good("QP-07", any_text(rng, 0.6)), "version": good("A/1", any_text(rng, 0.6)),
        "page": whole(rng, good(rng.randint(1, pages), pages, pages + 1, pages + 5)), "pages": whole(rng, pages),
        "body_font": good("宋体", "黑体", "宋体 ", ""), "body_size": good("小四", "五号", "other"),
        "line_spacing": good(Decimal("1.5"), Decimal("1.50"), Decimal("1.49"), Decimal("1.51"), Decimal(1), Decimal(0)),
        "first_line_indent": whole(rng, good(2, 0, 1, 3)),
    }
    if rng.random() < bad / 2:
        row["approved_by"] = row["prepared_by"]
    maybe(rng, row, "header_title", 0.5, good(title, "", title + " ", title[:-1], " " + title, any_text(rng)))
    maybe(rng, row, "dated", 0.5, good(True, False))
    return row


# ---- E5


def classification(rng, params):
    row = {"id": "X-%d" % rng.randrange(1000), "level": whole(rng, rng.randint(1, 3))}
    for name in ["serves_strategy", "guides_operations", "supports_others"]:
        row[name] = rng.random() < 0.4
    maybe_text(rng, row, "owner", 0.7, 0.3)
    maybe_text(rng, row, "parent", 0.7, 0.3)
    return row


MAKERS = {
    "reconciliation.statement": statement,
    "procurement.acceptance": acceptance,
    "process.completeness": completeness,
    "process.efficiency": efficiency,
    "process.evaluation": evaluation,
    "process.document_control": document_control,
    "process.classification": classification,
}

RUNS = {
    "reconciliation.statement": [
        ({}, "2025-06-15"),
        ({"tolerance": "0", "adjust_limit": "0.01"}, "2025-06-15"),
        ({"tolerance": "2.5", "adjust_limit": "1"}, "2025-06-15"),
        ({"adjust_limit": "99.995"}, "2025-06-15"),
    ],
    "procurement.acceptance": [({}, "2025-06-15")],
    "process.completeness": [({}, "2025-06-15")],
    "process.efficiency": [
        ({}, "2025-06-15"),
        ({"min_efficiency": "0.3333", "good_efficiency": "0.66665"}, "2025-06-15"),
        ({"min_efficiency": "0.6", "good_efficiency": "0.4"}, "2025-06-15"),
        ({"min_efficiency": "0", "good_efficiency": "1"}, "2025-06-15"),
    ],
    "process.evaluation": [
        ({}, "2025-06-15"),
        ({"weight_compliance": "0.25", "weight_effectiveness": "0.25", "weight_performance": "0.5"}, "2025-06-15"),
        ({"weight_compliance": "0", "weight_effectiveness": "0", "weight_performance": "1"}, "2025-06-15"),
        ({"min_a": "0.82005", "min_b": "0.82005", "min_c": "0.1"}, "2025-06-15"),
    ],
    "process.document_control": [
        ({}, "2025-06-15"),
        ({"title_max": "8", "title_large_max": "4"}, "2025-06-15"),
        ({"title_max": "5", "title_large_max": "12"}, "2025-06-15"),
    ],
    "process.classification": [({}, "2025-06-15")],
}

# Params that contradict each other: no decision, by any row.
REFUSED = {
    "process.evaluation": [
        {"weight_compliance": "0.4"},
        {"weight_performance": "0.4000000001"},
        {"weight_compliance": "0.2999", "weight_effectiveness": "0.3", "weight_performance": "0.4"},
        {"weight_compliance": "0.333", "weight_effectiveness": "0.333", "weight_performance": "0.333"},
        {"weight_compliance": "0", "weight_effectiveness": "0", "weight_performance": "0"},
    ],
}
