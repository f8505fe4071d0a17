"""收费与优惠 at a screen: what is in force, proposals, approvals by another, and a quote."""

import hashlib
import secrets
from datetime import date
from functools import partial

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from backend.finance.prices import caps, changes, codes, forms, queries, words
from backend.finance.prices import service as prices
from backend.finance.prices.drafts import DRAFT
from backend.finance.prices.schemas import (
    CodeSpent,
    CodeUnknown,
    FeeCapExceeded,
    LearnerType,
    Occasion,
    PriceMissing,
    Wanted,
)
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.kit.money import yuan
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.teaching import queries as teaching
from backend.web import errors

blueprint = Blueprint("prices", __name__)
PATH = changes.PATH
MOST = 4  # Children in one quote.
errors.apologise(
    changes.OwnProposal,
    "需要另一位同事审批",
    "价格由一人提出、另一人审批。请让另一位有权限的同事点开这一页。",
)
errors.apologise(
    changes.ChangeDecided, "这项变更已经处理过", "状态刚有变化，请返回「收费与优惠」查看最新情况。"
)
errors.apologise(
    changes.DraftUnfit,
    "这项变更不能提交",
    "生效日期不能早于今天；优惠码不能重复；套餐不能比单买贵，所含课程都要有收费标准。请返回上一页修改后再提交。",
)
errors.apologise(
    FeeCapExceeded,
    "超过了法定收费上限",
    "中小学非学科培训一次最多收3个月或60课时，且不超过5000元。请返回上一页，拆成更小的收费标准。",
)
errors.apologise(
    forms.FormWrong, "表单没有填对", "请返回上一页，核对金额、课时、日期和优惠内容后再提交。"
)


@blueprint.get(PATH)
@staff_only(Permission.KEEP_PRICES)
def listed(me: StaffMember) -> ResponseReturnValue:
    """What waits for approval, and what is in force or will be."""
    today = clock.today()
    with reading() as session:
        waiting = changes.listed(session)
        drafts = {each.id: DRAFT.validate_python(each.draft) for each in waiting}
        fees = queries.fees(session, on=today)
        packages = queries.packages(session, campus_id=None, on=today)
        promotions = queries.promotions(session, on=today)
        used = codes.uses(session, [each.id for each in promotions if each.code])
        names = words.Names(
            courses={id_: name for name, id_ in teaching.catalogue(session).courses.items()},
            campuses={each.id: each.name for each in logistics.campuses(session)},
        )
        people = staff.staff_members(
            session, {i for each in waiting for i in (each.proposed_by, each.decided_by) if i}
        )
        switches = queries.switches(session)
        lasting = teaching.valid_months(session, list(names.courses))
    return render_template(
        "finance/prices.html",
        me=me,
        waiting=waiting,
        told={id_: words.told(draft, names) for id_, draft in drafts.items()},
        fees=fees,
        packages=packages,
        promotions=promotions,
        used=used,
        names=names,
        people=people,
        caps=caps.CAPS,
        learners=list(LearnerType),
        binds=lambda cap, learner: switches.get((cap.key, learner), learner in cap.learners),
        lasting=lasting,
        may_approve=may(me.role, Permission.APPROVE_PRICES),
        words=words,
        yuan=yuan,
        today=today,
        token=partial(_token, secrets.token_hex(16)),
    )


@blueprint.get(f"{PATH}/new/<kind>")
@staff_only(Permission.KEEP_PRICES)
def ask_new(_me: StaffMember, kind: str) -> ResponseReturnValue:
    """The form for a fee, a package, a promotion, or how long lessons of a course last."""
    if kind not in ("fee", "package", "promotion", "validity"):
        raise NotFound()
    with reading() as session:
        courses = teaching.catalogue(session).courses
        campuses = logistics.campuses(session)
    return render_template(
        "finance/price_new.html",
        kind=kind,
        courses=courses,
        campuses=campuses,
        occasions=list(Occasion),
        learners=list(LearnerType),
        words=words,
        today=clock.today(),
        key=secrets.token_hex(16),
    )


@blueprint.post(PATH)
@staff_only(Permission.KEEP_PRICES)
def propose(me: StaffMember) -> ResponseReturnValue:
    """Propose what a form says; it holds only once another has approved it."""
    try:
        draft = forms.draft_of(request.form)
    except (ValidationError, ValueError) as error:
        raise forms.FormWrong() from error
    with unit_of_work() as session:
        changes.propose(session, draft, by=me, source_key=forms.key_of(request.form))
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:change_id>/approve")
@staff_only(Permission.APPROVE_PRICES)
def approve(me: StaffMember, change_id: int) -> ResponseReturnValue:
    """The second pair of eyes says yes."""
    with unit_of_work() as session:
        changes.approve(session, change_id=change_id, by=me)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:change_id>/refuse")
@staff_only(Permission.KEEP_PRICES)
def refuse(me: StaffMember, change_id: int) -> ResponseReturnValue:
    """No, or the proposer takes it back."""
    note = request.form.get("note", "").strip()
    with unit_of_work() as session:
        changes.refuse(session, change_id=change_id, by=me, note=note)
    return redirect(PATH, 303)


@blueprint.get(f"{PATH}/quote")
@staff_only(Permission.QUOTE_PRICES)
def reckon(_me: StaffMember) -> ResponseReturnValue:
    """What so many children pay for a class, line by line, for the colleague at the desk."""
    chosen = request.args.get("class", 0, type=int)
    children = min(max(request.args.get("children", 1, type=int), 1), MOST)
    code = request.args.get("code", "").strip()[:24]
    found, trouble = [], ""
    with reading() as session:
        classes = teaching.offers(session)
        if chosen:
            wanted = [Wanted(class_group_id=chosen, child_name=f"{n + 1}") for n in range(children)]
            try:
                found = prices.quote_all(
                    session, payer_openid="", wanted=wanted, code=code or None, on=_day()
                )
            except (CodeUnknown, CodeSpent):
                trouble = "这个优惠码用不上：可能输错、过期、用完，或不适用于这门课。"
            except (PriceMissing, NotFound):
                trouble = "这个班还没有收费标准，请先在「收费与优惠」里提出。"
    return render_template(
        "finance/price_quote.html",
        classes=classes,
        chosen=chosen,
        children=children,
        code=code,
        found=found,
        trouble=trouble,
        yuan=yuan,
        total=sum(each.total_fen for each in found),
    )


def _token(page: str, *of: object) -> str:
    """A form's own key: another one for each form and for each time the page is opened."""
    return hashlib.sha256("|".join([page, *map(str, of)]).encode()).hexdigest()[:32]


def _day() -> date | None:
    given = request.args.get("on", "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        return None
