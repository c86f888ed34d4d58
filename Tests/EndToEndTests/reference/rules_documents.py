"""The rules about requests and papers: purchase requests, payments, collateral, the stages of a financing, documents."""

from rules import BOOLEAN, DATE, DEMAND, ID, LIMIT_PARAMS, MONEY, ROLES, SIGNED, array, enum, in_rank_order, integer, lowest_covering
from rules import optional, record, steps, text

TEXT = text()
TEXTS = array(TEXT)
STAGES = ["application", "acceptance", "first_review", "review", "contract", "registration", "disbursement", "post_monitoring",
          "recourse", "closure"]
BUSINESSES = {  # business → papers: type, copies, signatures
    "purchase": [("delivery_note", "driver receiver", "warehouse_keeper"),
                 ("goods_receipt", "finance receiving stub", "warehouse_keeper finance"), ("payment_slip", "", "")],
    "material_issue": [("issue_slip", "finance receiving stub", "requester warehouse_keeper")],
    "finished_goods_receipt": [("goods_receipt", "finance receiving stub", "warehouse_keeper")],
    "customer_pickup": [("sales_list", "", ""), ("invoice", "", "")],
    "customer_return": [("return_list", "", "warehouse_keeper finance")],
    "orchard_pickup": [("sales_list", "", ""), ("delivery_note", "", "")],
    "stock_reconciliation": [("stock_statement", "", "warehouse_keeper finance")],
    "fund_reconciliation": [("fund_statement", "", "customer finance")],
}

INPUTS = {
    "approval.purchase_request": record(
        id=ID, amount=MONEY, demand_type=DEMAND, requester=record(id=ID, department=TEXT), department_head=ID,
        in_stock_item=BOOLEAN, budget_remaining=SIGNED, justification=TEXT, asset_number=optional(TEXT),
        internal_order=optional(TEXT), date=optional(DATE)),
    "approval.payment": record(
        id=ID, amount=MONEY, method=enum("cash", "bank_transfer", "month_end_account"), kind=enum("goods", "freight"),
        payment_slip=record(approved=BOOLEAN, approver=optional(TEXT)), requester=record(id=ID),
        documents=array(record(type=TEXT, copy=TEXT, signed_by=TEXTS)), receipt_amount=MONEY),
    "financing.collateral": record(
        id=ID, kind=enum("mortgage", "pledge"), company_type=enum("private", "state_owned", "foreign", "joint_stock"),
        has_board=BOOLEAN, proxy_signs=BOOLEAN, co_owned=BOOLEAN, customs_supervised=BOOLEAN, state_owned=BOOLEAN,
        documents=array(record(type=TEXT, original_seen=BOOLEAN, copy_stamped=BOOLEAN,
                               signed_by_legal_representative=optional(BOOLEAN)))),
    "financing.stage": record(
        id=ID, stage=enum(*STAGES), completed=array(enum(*STAGES)), forms=TEXTS, first_investigator=optional(TEXT),
        second_investigator=optional(TEXT), signatures=TEXTS, overdue_days=optional(integer(0))),
    "documents.required": record(
        id=ID, business=enum(*BUSINESSES), documents=array(record(type=TEXT, copies=TEXTS, signed_by=TEXTS))),
}

PARAMS = {
    "approval.purchase_request": dict(LIMIT_PARAMS),
    "approval.payment": {"cash_ceiling": "1000"},
    "financing.collateral": {},
    "financing.stage": {},
    "documents.required": {},
}


def blank(value):
    return value is None or value.strip(" \t\r\n\u3000") == ""


def answer(outcome, *reasons, **outputs):
    return {"outcome": outcome, "reasons": list(reasons), **outputs}


# ---- A2


def purchase_request(tx, params, at):
    if tx["in_stock_item"]:
        return answer("reject", "stock_item")
    if blank(tx["justification"]):
        return answer("reject", "no_justification")
    if tx["demand_type"] == "fixed_asset" and blank(tx.get("asset_number")):
        return answer("hold", "needs_asset_number", route=steps(["asset_accounting"]))
    if tx["demand_type"] == "construction" and blank(tx.get("internal_order")):
        return answer("hold", "needs_internal_order", route=steps(["cost_accounting"]))

    last = lowest_covering(tx["amount"], tx["demand_type"], tx.get("date", at[:10]), params)
    roles = set(ROLES[:ROLES.index(last) + 1])
    reasons = []
    if tx["amount"] > tx["budget_remaining"]:
        reasons.append("over_budget")
        roles.add("cfo")
    if tx["requester"]["id"] == tx["department_head"]:
        reasons.append("self_approval")
        roles.remove("department_head")
        roles.add("manager")
    return answer("route", *reasons, "approval_required", route=in_rank_order(roles))


# ---- A4


def payment(tx, params, at):
    freight = tx["kind"] == "freight"
    needed = [("goods_receipt", "finance", {"warehouse_keeper", "finance"})]
    if freight:
        needed.append(("goods_receipt", "stub", set()))
    needed.append(("delivery_note", "receiver", {"warehouse_keeper"}))
    if freight:
        needed.append(("delivery_note", "driver", set()))
    missing = ["%s/%s" % (kind, copy) for kind, copy, signers in needed
               if not any(paper["type"] == kind and paper["copy"] == copy and signers <= set(paper["signed_by"])
                          for paper in tx["documents"])]
    if missing:
        return answer("reject", "missing_document", missing=missing)

    approver = tx["payment_slip"].get("approver")
    if not tx["payment_slip"]["approved"] or blank(approver):
        return answer("hold", "not_approved")
    if approver == tx["requester"]["id"]:
        return answer("reject", "self_approval")
    if tx["amount"] > tx["receipt_amount"]:
        return answer("reject", "exceeds_receipt")
    if tx["method"] == "cash" and tx["amount"] > params["cash_ceiling"]:
        return answer("route", "cash_ceiling", route=steps(["finance", "manager"]))
    stamps = {"cash": "cash_paid", "bank_transfer": "bank_paid", "month_end_account": "on_account"}
    return answer("approve", "documents_in_order", stamp=stamps[tx["method"]])


# ---- C2

AUTHORISATION = "legal_representative_authorisation"


def collateral(tx, params, at):
    of_the_state = tx["state_owned"] or tx["company_type"] == "state_owned"
    required = ["asset_list", "title_certificate", "valuation", "insurance_policy"]
    for condition, kind in [
            (tx["has_board"], "board_resolution"), (tx["co_owned"], "co_owner_statement"),
            (tx["customs_supervised"], "customs_consent"), (of_the_state, "authority_consent"),
            (of_the_state, "state_assets_consent"), (tx["proxy_signs"], AUTHORISATION)]:
        if condition:
            required.append(kind)

    papers = [paper for paper in tx["documents"]
              if paper["type"] != AUTHORISATION or paper.get("signed_by_legal_representative") is True]

    def of_type(kind):
        return [paper for paper in papers if paper["type"] == kind]

    found = {
        "missing": [kind for kind in required if not of_type(kind)],
        "not_stamped": [kind for kind in required if not all(paper["copy_stamped"] for paper in of_type(kind))],
        "original_not_seen": [kind for kind in required if not all(paper["original_seen"] for paper in of_type(kind))],
    }
    reasons = [name for name, kinds in found.items() if kinds]
    if reasons:
        return answer("incomplete", *reasons, **found)
    return answer("complete", "all_documents_present", **found)


# ---- C3

FORMS = {
    "application": "entrusted_financing_form application_materials",
    "acceptance": "acceptance_register",
    "first_review": "site_visit investigation_report project_processing_form",
    "review": "",
    "contract": "consent_letter loan_contract counter_guarantee_contract contract_review_form contract_register",
    "registration": "registration_materials other_rights_certificate",
    "disbursement": "loan_contact_form iou_copy",
    "post_monitoring": "inspection_form post_report maturity_notice",
    "recourse": "recourse_plan",
    "closure": "repayment_receipt deregistration originals_returned release_confirmation",
}
SIGNATURES = {"review": "business_dept general_office", "contract": "business_dept general_office lawyer general_manager"}


def stage(tx, params, at):
    entered, completed, forms = tx["stage"], set(tx["completed"]), set(tx["forms"])
    overdue = tx.get("overdue_days", 0) > 0

    stages = [each for each in STAGES[:min(STAGES.index(entered), 7)] if each not in completed]
    if entered == "closure" and not completed & {"post_monitoring", "recourse"}:
        stages.append("post_monitoring")

    needed = FORMS[entered].split()
    if entered == "post_monitoring" and overdue:
        needed.append("overdue_report")
    if "pledge_registration_form" in forms:
        forms.add("other_rights_certificate")
    papers = [each for each in needed if each not in forms]

    signatures = [each for each in SIGNATURES.get(entered, "").split() if each not in tx["signatures"]]

    investigators, same = [], False
    if entered == "first_review":
        names = ("first_investigator", "second_investigator")
        investigators = [name for name in names if blank(tx.get(name))]
        same = not investigators and tx[names[0]] == tx[names[1]]

    findings = [(stages, "missing_stage"), (papers, "missing_form"), (signatures, "missing_signature"),
                (investigators, "missing_investigator"), (same, "same_investigator"),
                (entered == "recourse" and not overdue, "not_overdue")]
    reasons = [code for finding, code in findings if finding]
    missing = stages + papers + signatures + investigators
    if reasons:
        return answer("hold", *reasons, missing=missing)
    return answer("proceed", "stage_ready", missing=missing)


# ---- D1


def documents(tx, params, at):
    absent, copies, signatures = [], [], []
    for kind, needed_copies, needed_signers in BUSINESSES[tx["business"]]:
        papers = [paper for paper in tx["documents"] if paper["type"] == kind]
        if not papers:
            absent.append(kind)
            continue
        there = {each for paper in papers for each in paper["copies"]}
        signed = {each for paper in papers for each in paper["signed_by"]}
        copies += ["%s/%s" % (kind, each) for each in needed_copies.split() if each not in there]
        signatures += ["%s/%s" % (kind, each) for each in needed_signers.split() if each not in signed]
    findings = [(absent, "missing_document"), (copies, "missing_copy"), (signatures, "missing_signature")]
    reasons = [code for finding, code in findings if finding]
    return answer("incomplete" if reasons else "complete", *(reasons or ["all_documents_present"]), missing_documents=absent,
                  missing_copies=copies, missing_signatures=signatures)


RULES = {
    "approval.purchase_request": purchase_request,
    "approval.payment": payment,
    "financing.collateral": collateral,
    "financing.stage": stage,
    "documents.required": documents,
}
