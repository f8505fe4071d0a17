"""Signing in to the console: passwords, codes, locks, sessions, leavers (X2, X6)."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from backend.admissions import service as admissions
from backend.app import create_app
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.security import accounts, entrance, passwords, queries, service, sessions
from backend.security.models import Account, AuditEntry
from backend.security.schemas import Role, WeakPassword
from tests.backend.security.desks import PASSWORD, PHONE, Colleague, Desktop, colleague


@pytest.fixture
def app(database: str) -> Flask:
    return create_app(lambda: None)


only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def actions() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_colleague_signs_in_and_out(app: Flask) -> None:
    one, desk = colleague(Role.TEACHER), Desktop(app)
    assert desk.get("/console").headers["Location"] == "/console/sign-in?next=%2Fconsole"
    answer = desk.sign_in(one)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console")
    page = desk.get("/console").text
    assert "王小明 · 教师" in page
    assert "员工账号" not in page
    assert desk.post("/console/sign-out").status_code == 303
    assert desk.get("/console").status_code == 302
    with reading() as session:
        assert sessions.live_of(session, one.id) == []
    assert actions()[-2:] == ["console.signed_in", "session.ended"]


@only_sqlite
def test_signing_in_leads_only_to_our_own_pages(app: Flask) -> None:
    colleague(Role.TEACHER)
    for wanted, to in (("//evil.example", "/console"), ("/console/account", "/console/account")):
        assert Desktop(app).password(PHONE, next=wanted).headers["Location"] == to
    forged = app.test_client().post("/console/sign-in", data={"who": PHONE, "password": PASSWORD})
    assert forged.status_code == 400


@only_sqlite
def test_nothing_tells_whether_an_account_exists(app: Flask) -> None:
    colleague(Role.TEACHER)
    desk = Desktop(app)
    wrong = [desk.password(who, "not this one at all") for who in (PHONE, "13911111111")]
    assert [each.status_code for each in wrong] == [403, 403]
    said = [
        re.sub(r'value="[^"]*"|nonce="[^"]*"|"X-CSRFToken": "[^"]*"', "", w.text) for w in wrong
    ]
    assert said[0] == said[1]
    for who in (PHONE, "13911111111"):
        for _ in range(4):
            desk.password(who, "not this one at all")
        assert desk.password(who).status_code == 429


def test_a_lock_grows_is_told_politely_opens_by_itself_and_is_audited(app: Flask) -> None:
    one, desk, now = colleague(Role.TEACHER), Desktop(app), clock.now()
    with clock.frozen(now):
        for _ in range(5):
            assert desk.password(PHONE, "wrong password").status_code == 403
        locked = desk.password(PHONE)
        assert locked.status_code == 429
        assert "1分钟后再试" in locked.text
    assert actions()[-1] == "console.locked"
    with clock.frozen(now + timedelta(seconds=61)):
        assert desk.password(PHONE, "wrong password").status_code == 403
        assert "2分钟后再试" in desk.password(PHONE).text
    with clock.frozen(now + timedelta(minutes=4)):
        assert desk.sign_in(one).status_code == 303
        assert desk.password(PHONE, "wrong password").status_code == 403
        assert desk.password(PHONE).status_code == 303


@only_sqlite
def test_one_address_that_tries_everybody_is_locked_and_others_are_not(app: Flask) -> None:
    one, robot = colleague(Role.TEACHER), Desktop(app, address="198.51.100.1")
    for number in range(30):
        with pytest.raises(entrance.SignInWrong):
            entrance.check_password(f"138{number:08}", "whatever else", address=robot.address)
    assert robot.password(PHONE).status_code == 429
    assert Desktop(app).sign_in(one).status_code == 303


def test_a_role_that_needs_a_second_factor_sets_it_up_on_the_way_in(app: Flask) -> None:
    one, desk = colleague(Role.PRINCIPAL), Desktop(app)
    assert desk.password(PHONE).headers["Location"] == "/console/sign-in/code"
    assert desk.get("/console").status_code == 302  # Half-way in is not in.
    page = desk.get("/console/sign-in/code").text
    assert "<svg" in page
    one.secret = page.partition('id="secret">')[2].partition("<")[0]
    assert desk.post("/console/sign-in/code", code="000000").status_code == 403
    done = desk.post("/console/sign-in/code", code=one.code())
    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", done.text)
    assert len(codes) == 8
    assert desk.get("/console").status_code == 200

    other = Desktop(app)
    other.password(PHONE)
    used = one.code()
    assert other.post("/console/sign-in/code", code=used).status_code == 303
    third = Desktop(app)
    third.password(PHONE)
    assert third.post("/console/sign-in/code", code=used).status_code == 403  # Seen by somebody.
    assert third.post("/console/sign-in/code", code=codes[0].upper()).status_code == 303
    fourth = Desktop(app)
    fourth.password(PHONE)
    assert fourth.post("/console/sign-in/code", code=codes[0]).status_code == 403


@only_sqlite
def test_codes_cannot_be_tried_for_ever(app: Flask) -> None:
    one = colleague(Role.PRINCIPAL)
    Desktop(app).sign_in(one)
    robot = Desktop(app)
    robot.password(PHONE)
    tried = [robot.post("/console/sign-in/code", code=f"{n:06}").status_code for n in range(7)]
    assert tried == [403, 403, 403, 403, 403, 429, 429]


def test_sessions_are_listed_and_ended_by_their_owner_alone(app: Flask) -> None:
    one, office, train = colleague(Role.TEACHER), Desktop(app), Desktop(app)
    thief, stolen = colleague(Role.ADVISOR, phone="13900000078"), Desktop(app)
    stolen.sign_in(thief)
    office.sign_in(one)
    train.sign_in(one)
    page = office.get("/console/account").text
    ids = re.findall(r'action="/console/account/sessions/(\d+)"', page)
    assert len(ids) == 1
    assert "当前设备" in page
    assert stolen.post(f"/console/account/sessions/{ids[0]}").status_code == 404
    assert train.get("/console").status_code == 200
    assert office.post(f"/console/account/sessions/{ids[0]}").status_code == 303
    assert train.get("/console").status_code == 302
    fragment = train.get("/console/account", **{"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (
        204,
        "/console/sign-in?next=%2Fconsole",
    )


@only_sqlite
@pytest.mark.parametrize(("idle", "lets_in"), [(119, True), (121, False), (13 * 60, False)])
def test_a_session_ends_when_nobody_uses_it(app: Flask, idle: int, lets_in: bool) -> None:
    one, desk = colleague(Role.TEACHER), Desktop(app)
    desk.sign_in(one)
    with clock.frozen(clock.now() + timedelta(minutes=idle)):
        assert (desk.get("/console").status_code == 200) is lets_in


@only_sqlite
def test_a_session_ends_after_a_working_day_however_busy(app: Flask) -> None:
    one, desk, now = colleague(Role.TEACHER), Desktop(app), clock.now()
    desk.sign_in(one)
    seen = []
    for hour in range(1, 13):
        with clock.frozen(now + timedelta(hours=hour, seconds=30)):
            seen.append(desk.get("/console").status_code)
    assert seen == [200] * 11 + [302]


def test_a_leaver_is_off_everywhere_at_once(app: Flask) -> None:
    one, desk = colleague(Role.ADVISOR, openid="o_leaver"), Desktop(app)
    desk.sign_in(one)
    with unit_of_work() as unit:
        lead = admissions.open_lead(unit, openid="o_customer", interest="英语")
        claim = f"/leads/{lead.id}/claim"
        link = accounts.invite(unit, one.id, by="system").removeprefix(settings().public_url)
    assert desk.get(claim).status_code == 200
    for _ in range(2):
        with unit_of_work() as unit:
            accounts.deactivate(unit, one.id, by="account:999")
    assert desk.get("/console").status_code == 302
    assert Desktop(app).password(PHONE).status_code == 403
    with reading() as session:
        assert queries.speaker(session, "o_leaver").role is None
    assert desk.get(claim).status_code == desk.post(claim).status_code == 302
    assert desk.get(link).status_code == 403
    assert actions().count("account.deactivated") == 1


@only_sqlite
def test_another_role_signs_in_anew_and_nobody_changes_their_own(app: Flask) -> None:
    one, desk = colleague(Role.TEACHER), Desktop(app)
    desk.sign_in(one)
    with unit_of_work() as unit:
        accounts.change(unit, one.id, role=Role.PRINCIPAL, campus_id=None, by=999)
    assert desk.get("/console").status_code == 302
    assert desk.password(PHONE).headers["Location"] == "/console/sign-in/code"
    with pytest.raises(accounts.OneselfSpared), unit_of_work() as unit:
        accounts.change(unit, one.id, role=Role.TEACHER, campus_id=None, by=one.id)
    with pytest.raises(accounts.OneselfSpared), unit_of_work() as unit:
        accounts.deactivate(unit, one.id, by=f"account:{one.id}")


@only_sqlite
def test_an_invitation_is_sent_works_once_and_only_the_newest_does(app: Flask) -> None:
    desk = Desktop(app)
    with unit_of_work() as unit:
        hired = service.hire(unit, name="王小明", role=Role.TEACHER, phone=PHONE)
        old, new = (
            accounts.invite(unit, hired.id, by="system").removeprefix(settings().public_url)
            for _ in range(2)
        )
    with reading() as session:
        assert new in session.scalars(select(OutboxMessage.payload)).all()[-1]
    assert desk.get(old).status_code == 403
    assert desk.get(new).status_code == 200
    assert desk.post(new, password="short", again="short").status_code == 422
    assert desk.post(new, password=PASSWORD, again="another").status_code == 422
    assert desk.post(new, password=PASSWORD, again=PASSWORD).status_code == 303
    assert desk.post(new, password=PASSWORD, again=PASSWORD).status_code == 403
    assert desk.password(PHONE).status_code == 303


@only_sqlite
def test_a_new_password_asks_for_the_old_one_and_ends_other_sessions(app: Flask) -> None:
    one, desk, other = colleague(Role.TEACHER), Desktop(app), Desktop(app)
    desk.sign_in(one)
    other.sign_in(one)
    new = "another sentence of mine"
    path = "/console/account/password"
    assert desk.post(path, old="wrong", password=new, again=new).status_code == 422
    assert desk.post(path, old=PASSWORD, password=new, again=new).status_code == 200
    assert desk.get("/console").status_code == 200
    assert other.get("/console").status_code == 302
    assert Desktop(app).password(PHONE).status_code == 403
    assert Desktop(app).password(PHONE, new).status_code == 303


@only_sqlite
def test_no_secret_stands_in_the_database_as_it_is(app: Flask) -> None:
    one: Colleague = colleague(Role.PRINCIPAL)
    desk = Desktop(app)
    desk.sign_in(one)
    with reading() as session:
        row = session.execute(select(Account.__table__).where(Account.id == one.id)).one()
        raw = session.connection().exec_driver_sql("SELECT * FROM security_account").all()
        cookie = (
            session.connection().exec_driver_sql("SELECT * FROM security_console_session").all()
        )
    assert str(row.password_hash).startswith("$argon2id$")
    with desk.browser.session_transaction() as held:
        secret = held["console"]
    assert not any(each in str([*raw, *cookie]) for each in (one.secret, secret, PASSWORD))


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("Kurz4!", WeakPassword.SHORT),
        ("x" * 129, WeakPassword.LONG),
        ("Woaini1314520", WeakPassword.COMMON),
        ("１２３４５６７８９０", WeakPassword.COMMON),
        ("aaaaaaaaaaaa", WeakPassword.SIMPLE),
        ("klmnopqrstuv", WeakPassword.SIMPLE),
        ("ghjk13900000077", WeakPassword.PERSONAL),
        ("my wangxiaoming!", WeakPassword.PERSONAL),
        ("王小明的密码真的很长", WeakPassword.PERSONAL),
        (PASSWORD, None),
        ("correct horse battery", None),
    ],
)
def test_passwords_that_are_not_taken(password: str, weakness: WeakPassword | None) -> None:
    assert passwords.weakness_of(password, personal=["王小明", PHONE, ""]) == weakness


def test_without_a_hash_nobody_is_right() -> None:
    assert not passwords.is_right("nobody has this password", None)
    assert passwords.is_right("ａｂｃ", passwords.hashed("abc"))


@only_sqlite
def test_the_right_password_opens_what_its_own_try_locked(app: Flask) -> None:
    """A stranger who knows the phone number must not lock a colleague out for ever."""
    one = colleague(Role.PRINCIPAL)
    Desktop(app).sign_in(one)
    for _ in range(9):
        Desktop(app, address="198.51.100.9").password(one.phone, "不是这个密码 1")
    with clock.frozen(clock.now() + timedelta(hours=2)):
        desk = Desktop(app)
        assert desk.password(one.phone).headers["Location"].endswith("/code")
        one.counter = int(clock.now().timestamp()) // 30 - 1
        assert desk.post("/console/sign-in/code", code=one.code()).status_code == 303


@only_sqlite
def test_a_browser_left_open_is_no_place_to_guess(app: Flask) -> None:
    one, desk = colleague(Role.TEACHER), Desktop(app)
    desk.sign_in(one)
    new = "另一句记得住的话 99"
    tried = [
        desk.post("/console/account/password", old=f"猜 {n}", password=new, again=new).status_code
        for n in range(7)
    ]
    assert tried[0] == 422
    assert tried[-1] == 429


def test_who_has_left_is_told_nothing(app: Flask) -> None:
    """What was meant for them becomes a task for those who are here (X2)."""
    one = colleague(Role.ADVISOR, openid="o_gone")
    with unit_of_work() as unit:
        accounts.deactivate(unit, one.id, by="account:999")
    with reading() as session:
        to = queries.recipient_of(session, one.id)
    assert (to.openid, to.phone) == (None, None)
