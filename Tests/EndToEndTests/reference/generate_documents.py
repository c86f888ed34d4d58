"""Rows for the rules about requests and papers: nearly complete files from which a little is taken away."""

from decimal import Decimal

import rules
import rules_documents
from generate import DAYS, PEOPLE, any_amount, any_limit, at_least_zero, maybe, near

BLANK = ["", " ", "\t", "\r\n", "\n", "\u3000", "\u3000 \t\u3000", " " * 40]
GIVEN = ["x", "A-100", "固定资产", " x", "\u3000x", "x\u3000", "\u00a0", "\u2003", "\u200b", "\ufeff", "\v", "\f", "\0", ".", "\u3001",
         "\u2000 ", "null"]
TWISTED = [str.upper, str.capitalize, lambda word: word + " ", lambda word: " " + word, lambda word: "\u3000" + word,
           lambda word: word.replace("_", "-"), lambda word: word[:-1], lambda word: word + "s", lambda word: ""]
ROLES = ["warehouse_keeper", "finance", "requester", "customer", "business_dept", "general_office", "lawyer", "general_manager",
         "manager", "仓管员", ""]


def blank_or_not(rng, chance):
    return rng.choice(BLANK) if rng.random() < chance else rng.choice(GIVEN)


def put(rng, row, name, chance):
    """An optional text: given, blank, null or absent."""
    if rng.random() < 0.9:
        row[name] = blank_or_not(rng, chance)
    elif rng.random() < 0.5:
        row[name] = None


def twisted(rng, word):
    return rng.choice(TWISTED)(word)


def worn(rng, words, damage, others):
    """A list of all these words in some order, some of them gone, doubled or misspelt, among others."""
    found = []
    for word in words:
        if rng.random() < damage:
            if rng.random() < 0.5:
                found.append(twisted(rng, word))
            continue
        found += [word] * rng.choice([1, 1, 1, 1, 2])
    if rng.random() < 0.3:
        found += [rng.choice(others) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.7:
        rng.shuffle(found)
    return found


def how_damaged(rng):
    return rng.choice([0, 0, 0.05, 0.2, 0.5])


def purchase_request(rng, params):
    kind = rng.choice(rules.DEMAND[1])
    anchors = [any_limit(rng, kind)] * 4 + [Decimal(params[role + "_limit"]) for role in rules.ROLES[:-1]]
    amount = near(rng, rng.choice(anchors)) if rng.random() < 0.85 else any_amount(rng)
    budget = rng.choice([amount, Decimal(10) ** 9, near(rng, amount), near(rng, amount), -near(rng, amount), Decimal(0), any_amount(rng)])
    row = {"id": "PR-%d" % rng.randrange(1000), "amount": amount, "demand_type": kind,
           "requester": {"id": rng.choice(PEOPLE), "department": rng.choice(["plant", "", "\u3000", "采购部"])},
           "department_head": rng.choice(PEOPLE), "in_stock_item": rng.random() < 0.06, "budget_remaining": budget,
           "justification": blank_or_not(rng, 0.1)}
    put(rng, row, "asset_number", 0.15)
    put(rng, row, "internal_order", 0.15)
    maybe(rng, row, "date", 0.7, rng.choice(DAYS))
    return row


def payment(rng, params):
    kind = rng.choice(["goods", "freight"])
    ceiling = Decimal(params["cash_ceiling"])
    amount = near(rng, ceiling) if rng.random() < 0.6 else any_amount(rng)
    supported = rng.choice([amount, near(rng, amount), near(rng, amount), amount + 100, any_amount(rng)])
    damage = how_damaged(rng) * rng.choice([0, 1])
    papers = []
    for paper, copy, signers in [("goods_receipt", "finance", ["warehouse_keeper", "finance"]), ("delivery_note", "receiver", ["warehouse_keeper"]),
                                 ("goods_receipt", "stub", []), ("delivery_note", "driver", [])]:
        if not signers and (rng.random() < 0.5 if kind == "goods" else rng.random() < damage):
            continue
        if rng.random() < damage / 2:
            paper, copy = rng.choice([(twisted(rng, paper), copy), (paper, twisted(rng, copy)), (copy, paper),
                                      (paper, rng.choice(["receiver", "finance", "driver", "stub", "receiving"]))])
        signed = worn(rng, signers, damage / 2, ROLES)
        if len(signers) > 1 and rng.random() < 0.1:     # Both signed, but not one paper.
            papers += [{"type": paper, "copy": copy, "signed_by": [signer]} for signer in signers]
        else:
            papers.append({"type": paper, "copy": copy, "signed_by": signed})
        if rng.random() < 0.1:                          # The same copy again, well or badly signed.
            papers.append({"type": paper, "copy": copy, "signed_by": worn(rng, signers, 0.5, ROLES)})
    if rng.random() < 0.7:
        rng.shuffle(papers)
    slip = {"approved": rng.random() < 0.95}
    if rng.random() < 0.93:
        slip["approver"] = rng.choice(PEOPLE) if rng.random() < 0.85 else blank_or_not(rng, 0.6)
    elif rng.random() < 0.5:
        slip["approver"] = None
    return {"id": "PAY-%d" % rng.randrange(1000), "amount": amount, "method": rng.choice(["cash", "cash", "bank_transfer", "month_end_account"]),
            "kind": kind, "payment_slip": slip, "requester": {"id": rng.choice(PEOPLE)}, "documents": papers,
            "receipt_amount": at_least_zero(supported)}


PAPERS = ["asset_list", "title_certificate", "valuation", "insurance_policy", "board_resolution", "co_owner_statement",
          "customs_consent", "authority_consent", "state_assets_consent", "legal_representative_authorisation"]


def collateral(rng, params):
    row = {"id": "C-%d" % rng.randrange(1000), "kind": rng.choice(["mortgage", "pledge"]),
           "company_type": rng.choice(["private", "state_owned", "foreign", "joint_stock"])}
    chance = rng.choice([0, 0.3, 0.5, 1])
    for name in ("has_board", "proxy_signs", "co_owned", "customs_supervised", "state_owned"):
        row[name] = rng.random() < chance
    damage = how_damaged(rng) * rng.choice([0, 1])
    papers = []
    for kind in worn(rng, PAPERS[:4] + [each for each in PAPERS[4:] if rng.random() < 0.93], damage, PAPERS):
        paper = {"type": kind, "original_seen": rng.random() >= damage / 3, "copy_stamped": rng.random() >= damage / 3}
        authorisation = kind == PAPERS[-1]
        chance = rng.random()
        if chance < (0.85 if authorisation else 0.1):
            paper["signed_by_legal_representative"] = True
        elif chance < 0.93:
            if authorisation or chance < 0.2:
                paper["signed_by_legal_representative"] = False
        elif chance < 0.96:
            paper["signed_by_legal_representative"] = None
        papers.append(paper)
    row["documents"] = papers
    return row


def stage(rng, params):
    stages = rules_documents.STAGES
    entered = rng.choice(stages)
    damage = how_damaged(rng)
    before = stages[:min(stages.index(entered), 7)]
    if entered == "closure":
        before = before + rng.choice([["post_monitoring"], ["recourse"], ["recourse", "post_monitoring"], []])
    completed = [each for each in before if rng.random() >= damage] + [rng.choice(stages) for _ in range(rng.choice([0, 0, 1, 2]))]
    if rng.random() < 0.5:
        rng.shuffle(completed)
    forms = rules_documents.FORMS[entered].split()
    every = [each for words in rules_documents.FORMS.values() for each in words.split()] + ["pledge_registration_form", "overdue_report", ""]
    if entered == "registration" and rng.random() < 0.6:
        forms[1:] = rng.choice([["pledge_registration_form"], ["pledge_registration_form", "other_rights_certificate"]])
    if entered == "post_monitoring" and rng.random() < 0.6:
        forms.append("overdue_report")
    row = {"id": "S-%d" % rng.randrange(1000), "stage": entered, "completed": completed, "forms": worn(rng, forms, damage, every),
           "signatures": worn(rng, ROLES[4:8] if rng.random() < 0.9 else [], damage, ROLES)}
    if rng.random() < (0.95 if entered == "first_review" else 0.4):
        person = rng.choice(PEOPLE)
        row["first_investigator"] = person
        row["second_investigator"] = rng.choice([person, person + " ", rng.choice(PEOPLE), rng.choice(PEOPLE)])
        for name in ("first_investigator", "second_investigator"):
            if rng.random() < 0.15:
                put(rng, row, name, 0.7)
        if rng.random() < 0.1:
            row["first_investigator"] = row["second_investigator"] = rng.choice(BLANK)
        if rng.random() < 0.1:
            del row[rng.choice(["first_investigator", "second_investigator"])]
    maybe(rng, row, "overdue_days", 0.7, Decimal(rng.choice([0, 0, 1, 1, 2, 90, 2 ** 53 - 1])))
    return row


def documents(rng, params):
    business = rng.choice(list(rules_documents.BUSINESSES))
    kinds = [kind for papers in rules_documents.BUSINESSES.values() for kind, _, _ in papers] + ["", "receipt"]
    damage = how_damaged(rng)
    copies = ["finance", "receiving", "stub", "driver", "receiver", ""]
    entries = []
    for kind, needed, signers in rules_documents.BUSINESSES[business]:
        if rng.random() < damage / 2:
            if rng.random() < 0.5:
                entries.append({"type": twisted(rng, kind), "copies": needed.split(), "signed_by": signers.split()})
            continue
        parts = [{"type": kind, "copies": [], "signed_by": []} for _ in range(rng.choice([1, 1, 2, 3]))]
        for name, words, others in (("copies", needed, copies), ("signed_by", signers, ROLES)):
            for word in worn(rng, words.split(), damage, others):
                rng.choice(parts)[name].append(word)
        entries += parts
    if rng.random() < 0.3:
        entries.append({"type": rng.choice(kinds), "copies": list(copies[:3]), "signed_by": list(ROLES[:4])})
    if rng.random() < 0.7:
        rng.shuffle(entries)
    return {"id": "D-%d" % rng.randrange(1000), "business": business, "documents": entries}


MAKERS = {
    "approval.purchase_request": purchase_request,
    "approval.payment": payment,
    "financing.collateral": collateral,
    "financing.stage": stage,
    "documents.required": documents,
}

# Params and the decision's time. The first run of each policy has the defaults.
RUNS = {
    "approval.purchase_request": [
        ({}, "2025-06-15T08:00:00Z"),
        ({}, "2024-12-31T23:59:59Z"),
        ({}, "2025-01-01T00:00:00+01:00"),
        ({"department_head_limit": "870.005", "manager_limit": "20000"}, "2025-06-15"),
        ({"department_head_limit": "0.01", "director_limit": "100", "cfo_limit": "700000"}, "2025-06-15"),
    ],
    "approval.payment": [
        ({}, "2025-06-15T08:00:00Z"),
        ({"cash_ceiling": "0"}, "2025-06-15"),
        ({"cash_ceiling": "250.005"}, "2025-06-15"),
    ],
    "financing.collateral": [({}, "2025-06-15T08:00:00Z")],
    "financing.stage": [({}, "2025-06-15T08:00:00Z")],
    "documents.required": [({}, "2025-06-15T08:00:00Z")],
}
