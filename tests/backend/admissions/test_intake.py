"""How leads come in: the website's form, partners, workbooks, families (A7, A8, A13)."""

import hashlib
import hmac
import io
import itertools
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions import jobs
from backend.admissions.intake import partners, referring, workbooks
from backend.admissions.intake.arriving import Arrived, arrive
from backend.admissions.intake.workbooks import Content, Field, Problem
from backend.admissions.lead_models import Arrival, PartnerNonce
from backend.admissions.models import Lead
from backend.app import create_app
from backend.kit import clock, crypto
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember

LEAD = {
    "reference": "r-1",
    "customer": "李女士",
    "phone": "13912340002",
    "interest": "少儿编程",
    "consent": True,
}


def head(session: Session) -> StaffMember:
    account = security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
    security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_advisor")
    return staff.staff_members(session, {account.id})[account.id]


def count(of: type) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


@pytest.fixture
def app(database: str) -> Flask:
    made = create_app(lambda: None)
    made.config["RATELIMIT_ENABLED"] = False
    return made


class Caller:
    """A partner's program, that signs by hand what the page tells it to."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        with unit_of_work() as session:
            view, self.secret = partners.add(
                session, name="点评", short="dianping", campus_id=None, by=head(session)
            )
        self.key, self.id = view.key, view.id

    def post(self, lead: dict[str, Any], **forged: str) -> int:
        body = forged.get("body", json.dumps(lead)).encode()
        at = forged.get("at", f"{time.time():.0f}")
        nonce = forged.get("nonce", secrets.token_hex(8))
        signed = json.dumps(lead).encode() if "body" in forged else body
        digest = hashlib.sha256(signed).hexdigest()
        text = f"POST\n/partners/leads\n{at}\n{nonce}\n{digest}"
        secret = forged.get("secret", self.secret)
        sign = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        headers = {
            "X-Partner-Key": forged.get("key", self.key),
            "X-Timestamp": at,
            "X-Nonce": nonce,
            "X-Signature": forged.get("sign", sign),
        }
        return self.client.post("/partners/leads", data=body, headers=headers).status_code


def test_a_partners_lead_is_taken_once_and_nothing_forged_at_all(app: Flask) -> None:
    caller = Caller(app)
    old = f"{time.time() - 600:.0f}"
    for forged in (
        {"secret": "guessed"},
        {"key": "pk_nobody"},
        {"key": ""},
        {"sign": ""},
        {"sign": "é"},
        {"at": old},
        {"at": "0"},
        {"at": "soon"},
        {"nonce": "short"},
        {"body": json.dumps(LEAD | {"phone": "13912340009"})},
    ):
        assert caller.post(LEAD, **forged) == 401, forged
    assert count(Lead) == count(PartnerNonce) == 0
    assert caller.post(LEAD, nonce="only-once") == 201
    assert caller.post(LEAD, nonce="only-once") == 409
    assert caller.post(LEAD) == 200
    assert caller.post(LEAD | {"reference": "r-2"}) == 201  # The same phone: the same lead.
    for wrong in ({"phone": "123"}, {"consent": False}, {"reference": ""}, {"interest": None}):
        assert caller.post(LEAD | {"reference": "r-3"} | wrong) == 422
    assert caller.client.post("/partners/leads", data=b"x" * 20_000).status_code in (401, 413)
    assert (count(Lead), count(Arrival)) == (1, 2)
    with unit_of_work() as session:
        lead = session.scalars(select(Lead)).one()
        assert (lead.source, lead.customer) == ("partner:dianping", "李女士")
        assert lead.advisor_id is not None
        by = staff.staff_with_role(session, Role.PRINCIPAL)[0]
        partners.switch(session, partner_id=caller.id, is_active=False, by=by)
    assert caller.post(LEAD | {"reference": "r-4"}) == 401
    with clock.frozen(clock.now() + timedelta(days=2)):
        jobs.forget_comings()
    assert count(PartnerNonce) == 0


def test_the_same_coming_from_many_sides_at_once_is_one_lead(database: str) -> None:
    with unit_of_work() as session:
        head(session)

    def come(number: int) -> int:
        coming = Arrived(
            way="form",
            source="form",
            key=f"form:{number % 2}",
            customer="王妈妈",
            phone="13912340003",
            interest="英语",
        )
        with unit_of_work() as session:
            return arrive(session, coming).lead_id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(come, range(6)))) == 1
    assert (count(Lead), count(Arrival)) == (1, 2)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_form_on_the_website_takes_people_and_thanks_robots(app: Flask) -> None:
    with unit_of_work() as session:
        head(session)
    client = app.test_client()
    page = client.get("/enquiry?source=nowhere")
    assert page.status_code == 200
    assert "frame-ancestors" in page.headers["Content-Security-Policy"]

    def form(**claims: Any) -> str:
        now = clock.now().timestamp()
        known = {"number": "n1", "at": now - 60, "named": [], "ref": ""}
        return crypto.sign("enquiry", known | claims)

    typed = {
        "customer": "王妈妈",
        "phone": "13912340004",
        "interest": "周末英语",
        "agreed": "1",
        "website": "",
        "form": form(),
    }

    places = itertools.count(1)

    def sent(**changed: str) -> int:
        return client.post(
            "/enquiry",
            data=typed | changed,
            environ_overrides={"REMOTE_ADDR": f"10.0.0.{next(places)}"},
        ).status_code

    assert sent(website="http://spam.example") == sent(form=form(at=clock.now().timestamp())) == 200
    assert count(Lead) == 0
    from_one = [client.post("/enquiry", data=typed | {"agreed": ""}).status_code for _ in range(8)]
    assert (from_one[0], from_one[-1]) == (422, 429)
    assert sent(form="forged") == sent(agreed="") == sent(phone="123") == sent(customer="") == 422
    assert count(Lead) == 0
    assert [sent(), sent()] == [200, 200]
    assert (count(Lead), count(Arrival)) == (1, 1)
    assert sent(interest="周末数学") == 200  # Put right on the same page.
    assert (count(Lead), count(Arrival)) == (1, 2)
    for number in range(2, 7):
        assert sent(form=form(number=f"n{number}")) == 200
    assert (count(Lead), count(Arrival)) == (1, 3)
    with reading() as session:
        arrival = session.scalars(select(Arrival).limit(1)).one()
        assert (arrival.way, arrival.privacy_version) == ("form", "2026-11")
        told = session.scalars(select(OutboxMessage.template)).all()
        assert told == ["new_lead", "lead_again", "lead_again"]


def test_a_familys_code_says_who_sent_a_friend() -> None:
    code = referring.code_of(12)
    assert referring.guardian_of(code) == 12
    assert referring.source_of(code) == f"referral:{code}"
    for forged in (f"13.{code.partition('.')[2]}", "12.0000000000", "12", "", f"{code}0"):
        assert referring.source_of(forged) is None


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        (["王妈妈", "13912340001", "小明", "英语", "总校"], {}),
        (["王妈妈", "+86 139-1234-0001", "", "英语", ""], {}),
        (["", "13912340001", "", "英语", ""], {Field.CUSTOMER: Problem.MISSING}),
        (["王妈妈", "1391234", "", "英语", ""], {Field.PHONE: Problem.BAD_PHONE}),
        (["王妈妈", "13912340001"], {Field.INTEREST: Problem.MISSING}),
        (["王妈妈", "13912340001", "", "英" * 501, ""], {Field.INTEREST: Problem.TOO_LONG}),
        (["王妈妈", "13912340001", "", "英语", "火星"], {Field.CAMPUS: Problem.NO_CAMPUS}),
    ],
)
def test_a_row_of_a_workbook(row: list[str], problems: dict[Field, Problem]) -> None:
    where = workbooks.places(["称呼*", "手机*", "孩子姓名", "想了解*", "校区"])
    content, found = workbooks.understood(row, where, {"总校": 7})
    assert found == problems
    if not problems:
        assert (content.phone, content.customer) == ("13912340001", "王妈妈")


def test_a_workbook_is_shown_first_and_carried_out_once(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["称呼", "手机", "孩子姓名", "想了解"])
    for number in range(3):
        sheet.append(["王妈妈", f"1391234000{number}", None, "英语"])
    sheet.append(["王妈妈", "13912340002", None, "数学"])  # Stands further up.
    sheet.append(["李妈妈", "123", None, "数学"])
    file = io.BytesIO()
    book.save(file)
    with unit_of_work() as session:
        by = head(session)
        sheet_id = workbooks.begin(session, title="客户.xlsx", content=file.getvalue(), by=by)
    assert count(Lead) == 0
    workbooks.run(sheet_id)  # Nobody has said so yet.
    assert count(Lead) == 0
    monkeypatch.setattr(workbooks, "BATCH", 2)
    with unit_of_work() as session:
        for _ in range(2):
            workbooks.confirm(session, sheet_id, to_pool=True, by=by)
    for _ in range(2):
        jobs.run_sheet(sheet_id)
    with reading() as session:
        view = workbooks.sheet(session, sheet_id)
        assert (view.status, view.done, view.plans) == ("done", 5, {"new": 3, "bad": 2})
        leads = session.scalars(select(Lead)).all()
        assert [(each.advisor_id, each.source, each.asked_at) for each in leads] == [
            (None, "excel", None)
        ] * 3
        assert workbooks.rows_of(session, sheet_id)[0].content == Content(
            customer="王妈妈", phone="13912340000", interest="英语"
        )
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0
    jobs.tend_leads()
    with reading() as session:
        assert session.scalars(select(Lead.advisor_id).distinct()).all() == [None]
