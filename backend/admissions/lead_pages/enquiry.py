"""咨询表单 on the website: `/enquiry`, alone or inside another page (A1, A13).

Robots are kept out without a puzzle: a field that people do not see, a signed form that is neither
sent off at once nor a day later, and limits by address and by phone. Whoever is caught reads the
same thanks as everybody, and nobody learns whom we know.
"""

import secrets

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from backend.admissions import rules
from backend.admissions.intake import referring
from backend.admissions.intake.arriving import Arrived, arrive, of_today
from backend.admissions.schemas import FROM_FORM
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.crypto import LinkInvalid
from backend.kit.db import reading, unit_of_work
from backend.logistics import queries as logistics
from backend.security import queries as origins
from backend.students.schemas import PRIVACY_NOTICE_VERSION
from backend.web import shield

blueprint = Blueprint("enquiry", __name__)
PURPOSE = "enquiry"
FASTEST_SECONDS, SLOWEST_SECONDS = 2, 24 * 3600
A_DAY_FOR_A_PHONE = 3
ORIGINS = ("source", "utm_source", "utm_campaign")


@blueprint.get("/enquiry")
def page() -> Response:
    """The form; looking at it stores nothing."""
    named = [request.args.get(name, "")[:64] for name in ORIGINS]
    ref = request.args.get("ref", "")[:40]
    return _answer(_form(named, ref))


@blueprint.post("/enquiry")
@shield.limiter.limit("6 per minute;30 per hour")
def send() -> ResponseReturnValue:
    """Somebody asks. The form's own number with what was said makes a second tap the same coming,
    and words that were put right another one of the same lead."""
    try:
        form = crypto.unsign(PURPOSE, _text("form", 2000), max_age_seconds=SLOWEST_SECONDS)
    except LinkInvalid:
        return _answer(_form([], "", alert="页面放得太久了，请核对后再提交一次。"), 422)
    is_robot = bool(request.form.get("website"))
    is_robot |= clock.now().timestamp() - float(form["at"]) < FASTEST_SECONDS
    named, ref = [str(each) for each in form["named"]], str(form["ref"])
    wrong = _wrong()
    if wrong and not is_robot:
        return _answer(_form(named, ref, alert=wrong), 422)
    if not is_robot:
        _write_down(str(form["number"]), named, ref)
    return _answer(render_template("admissions/enquiry_sent.html"))


shield.csrf.exempt(send)  # Inside another site's page there is no cookie; the form is signed.


def _write_down(number: str, named: list[str], ref: str) -> None:
    phone = _text("phone", 20)
    with unit_of_work() as session:
        if of_today(session, phone) >= A_DAY_FOR_A_PHONE:
            return
        campus_id = request.form.get("campus", 0, type=int) or None
        if campus_id not in {each.id for each in logistics.campuses(session)}:
            campus_id = None
        origin = origins.origin_named(session, *named)
        said = "\n".join((phone, _text("child", 40), _text("interest", 500)))
        source = referring.source_of(ref) or (origin.source if origin else FROM_FORM)
        arrive(
            session,
            Arrived(
                way="form",
                source=source,
                key=f"form:{number}:{crypto.blind_index(said, context=PURPOSE)[:12]}",
                customer=_text("customer", 40),
                phone=phone,
                child_name=_text("child", 40) or None,
                interest=_text("interest", 500),
                campus_id=campus_id,
                privacy_version=PRIVACY_NOTICE_VERSION,
            ),
        )


def _wrong() -> str:
    """What has to be put right, in a sentence; empty where nothing has."""
    if not _text("customer", 40) or not _text("interest", 500):
        return "请填写称呼和想了解的内容，再提交。"
    if not rules.is_phone(_text("phone", 20)):
        return "手机号要写11位数字，请核对后再提交。"
    if not request.form.get("agreed"):
        return "请勾选同意隐私说明，我们才能联系您。"
    return ""


def _form(named: list[str], ref: str, *, alert: str = "") -> str:
    with reading() as session:
        campuses = logistics.campuses(session)
    claims = {
        "number": secrets.token_hex(16),
        "at": clock.now().timestamp(),
        "named": [each for each in named if each],
        "ref": ref,
    }
    return render_template(
        "admissions/enquiry.html",
        campuses=campuses,
        form=crypto.sign(PURPOSE, claims),
        typed=request.form,
        alert=alert,
    )


def _answer(page: str, status: int = 200) -> Response:
    """A page that the sites we name may show in theirs."""
    answer = make_response(page, status)
    answer.headers["Content-Security-Policy"] = shield.content_security_policy(
        framed_by=settings().website_origin_list
    )
    return answer


def _text(name: str, most: int) -> str:
    return request.form.get(name, "").strip()[:most]
