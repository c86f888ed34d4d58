"""The rules on statements, acceptance and the processes themselves (D4, D5, E1 to E5), for rules.py."""

import decimal
from decimal import Decimal

from rules import BOOLEAN, DEMAND, ID, MONEY, SIGNED, array, enum, integer, number, optional, ratio_half_up, record, rounded, steps, text

SHARE = number(0, 1)

INPUTS = {
    "reconciliation.statement": record(
        id=ID, kind=enum("stock", "fund"), book=SIGNED, actual=SIGNED, in_transit=optional(SIGNED)),
    "procurement.acceptance": record(
        id=ID, demand_type=DEMAND, order_confirmed=BOOLEAN, passed=BOOLEAN, accepted_by=array(text())),
    "process.completeness": record(
        id=ID, name=text(),
        step=array(record(name=ID, task=optional(text()), responsible=optional(text()), objective=optional(text()),
                          kpi=optional(text()), time_limit_hours=optional(MONEY), resources=optional(array(text())),
                          information=optional(array(text()))))),
    "process.efficiency": record(
        id=ID, steps=array(record(execution_hours=MONEY, delay_hours=MONEY, transfer_hours=MONEY)),
        benchmark_hours=optional(MONEY)),
    "process.evaluation": record(
        id=ID, compliance=SHARE, effectiveness=SHARE, performance=SHARE, external_review=BOOLEAN),
    "process.document_control": record(
        id=ID, title=text(1), font_size=enum("二号", "小二", "other"), bold=BOOLEAN, centred=BOOLEAN, single_line=BOOLEAN,
        prepared_by=text(), reviewed_by=text(), approved_by=text(), revision_record=BOOLEAN, number=text(), version=text(),
        page=integer(1), pages=integer(1), body_font=text(), body_size=enum("小四", "五号", "other"), line_spacing=MONEY,
        first_line_indent=integer(0), header_title=optional(text()), dated=optional(BOOLEAN)),
    "process.classification": record(
        id=ID, serves_strategy=BOOLEAN, guides_operations=BOOLEAN, supports_others=BOOLEAN, level=integer(1, 3),
        owner=optional(text()), parent=optional(text())),
}

PARAMS = {
    "reconciliation.statement": {"tolerance": "0.01", "adjust_limit": "100"},
    "procurement.acceptance": {},
    "process.completeness": {},
    "process.efficiency": {"min_efficiency": "0.25", "good_efficiency": "0.5"},
    "process.evaluation": {"weight_compliance": "0.3", "weight_effectiveness": "0.3", "weight_performance": "0.4",
                           "min_a": "0.9", "min_b": "0.75", "min_c": "0.6"},
    "process.document_control": {"title_max": "20", "title_large_max": "15"},
    "process.classification": {},
}


def blank(value):
    return value is None or all(character in " \t\r\n\u3000" for character in value)


# ---- D4


def statement(tx, params, at):
    difference = tx["actual"] + tx.get("in_transit", Decimal(0)) - tx["book"]
    if abs(difference) <= params["tolerance"]:
        answer = {"outcome": "matched", "reasons": ["within_tolerance"]}
    elif abs(difference) <= params["adjust_limit"]:
        answer = {"outcome": "adjust", "reasons": ["adjustable_difference"]}
    else:
        answer = {"outcome": "escalate", "reasons": ["large_difference"]}
    side = "surplus" if difference > 0 else "shortage" if difference < 0 else None
    return {**answer, "difference": difference, "side": side}


# ---- D5


def acceptance(tx, params, at):
    demand = tx["demand_type"]
    if not tx["order_confirmed"]:
        return {"outcome": "hold", "reasons": ["order_not_confirmed"], "route": steps(["buyer"])}
    if not tx["passed"]:
        return {"outcome": "reject", "reasons": ["acceptance_failed"]}
    needed = ["warehouse_keeper"] if demand == "expense" else ["requester", "acceptance_group"]
    absent = [role for role in needed if role not in tx["accepted_by"]]
    if absent:
        return {"outcome": "hold", "reasons": ["not_accepted"], "route": steps(absent)}
    following = ["goods_receipt", "invoice_verification"] + (["asset_accounting"] if demand == "fixed_asset" else [])
    return {"outcome": "accept", "reasons": ["accepted"], "next": following}


# ---- E1


def completeness(tx, params, at):
    missing, present = [], 0
    for step in tx["step"]:
        has = {
            "task": not blank(step.get("task")),
            "responsibility": not blank(step.get("responsible")),
            "objective_and_kpi": not blank(step.get("objective")) and not blank(step.get("kpi")),
            "time": step.get("time_limit_hours", 0) != 0,
            "resources": bool(step.get("resources")),
            "information": bool(step.get("information")),
        }
        absent = [element for element, there in has.items() if not there]
        present += len(has) - len(absent)
        if absent:
            missing.append({"step": step["name"], "elements": absent})
    if not tx["step"]:
        return {"outcome": "incomplete", "reasons": ["no_steps"], "coverage": Decimal(0), "missing": []}
    return {"outcome": "incomplete" if missing else "complete",
            "reasons": ["missing_element" if missing else "all_elements_flow"],
            "coverage": ratio_half_up(present, 6 * len(tx["step"]), 4), "missing": missing}


# ---- E2


def efficiency(tx, params, at):
    execution = sum((step["execution_hours"] for step in tx["steps"]), Decimal(0))
    idle = [step["delay_hours"] + step["transfer_hours"] for step in tx["steps"]]
    total = execution + sum(idle, Decimal(0))
    if total == 0:
        return {"outcome": "improve", "reasons": ["no_time_recorded"], "total_hours": total}
    outcome, reasons = "keep", []
    if execution < params["min_efficiency"] * total:
        outcome, reasons = "redesign", ["low_efficiency"]
    elif execution < params["good_efficiency"] * total:
        outcome, reasons = "improve", ["moderate_efficiency"]
    if "benchmark_hours" in tx and total > tx["benchmark_hours"]:
        outcome = "improve" if outcome == "keep" else outcome
        reasons = reasons + ["over_benchmark"]
    return {"outcome": outcome, "reasons": reasons or ["efficient"], "total_hours": total,
            "efficiency": ratio_half_up(execution, total, 4),
            "bottleneck": idle.index(max(idle)) + 1 if max(idle) > 0 else None}


# ---- E3


def evaluation(tx, params, at):
    aspects = ["compliance", "effectiveness", "performance"]
    score = sum((params["weight_" + aspect] * tx[aspect] for aspect in aspects), Decimal(0))
    grade = next((letter for letter in "ABC" if score >= params["min_" + letter.lower()]), "D")
    reviewed = tx["external_review"]
    if grade == "A" and not reviewed:
        grade = "B"
    return {"outcome": grade, "reasons": ["grade_" + grade.lower()] + ([] if reviewed else ["internal_only"]),
            "grade": grade, "score": rounded(score, 4, decimal.ROUND_HALF_UP)}


# ---- E4


def document_control(tx, params, at):
    title, length = tx["title"], len(tx["title"])
    sizes = ["二号"] if length <= params["title_large_max"] else ["二号", "小二"]
    signatures = [tx["prepared_by"], tx["reviewed_by"], tx["approved_by"]]
    body = (tx["body_font"], tx["body_size"], tx["line_spacing"], tx["first_line_indent"])
    findings = [
        ("title_too_long", length > params["title_max"]),
        ("title_font", tx["font_size"] not in sizes),
        ("title_layout", not (tx["bold"] and tx["centred"] and tx["single_line"])),
        ("missing_signature", any(blank(name) for name in signatures)),
        ("self_approval", tx["prepared_by"] == tx["approved_by"] and not blank(tx["prepared_by"])),
        ("no_revision_record", not tx["revision_record"]),
        ("body_format", body != ("宋体", "小四", Decimal("1.5"), 2)),
        ("page_number", tx["page"] > tx["pages"]),
        ("header_mismatch", tx.get("header_title", title) != title),
        ("missing_number", blank(tx["number"]) or blank(tx["version"])),
        ("missing_date", tx.get("dated") is False),
    ]
    reasons = [code for code, found in findings if found]
    return {"outcome": "rework" if reasons else "conforms", "reasons": reasons or ["format_ok"]}


# ---- E5


def classification(tx, params, at):
    kinds = [("serves_strategy", "strategic"), ("guides_operations", "operational"), ("supports_others", "support")]
    reason, kind = next((pair for pair in kinds if tx[pair[0]]), ("unclassified", "unclassified"))
    reasons = [reason]
    if tx["level"] > 1 and blank(tx.get("parent")):
        reasons.append("no_parent")
    if blank(tx.get("owner")):
        reasons.append("no_owner")
    return {"outcome": kind, "reasons": reasons, "class": kind}


RULES = {
    "reconciliation.statement": statement,
    "procurement.acceptance": acceptance,
    "process.completeness": completeness,
    "process.efficiency": efficiency,
    "process.evaluation": evaluation,
    "process.document_control": document_control,
    "process.classification": classification,
}
