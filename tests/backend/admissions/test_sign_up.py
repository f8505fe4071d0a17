"""A sign-up at the moment of commit: never oversold, only who fits, and a contract that stays as it
was agreed to (A10, A11, A12)."""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions import lead_desk, sign_up
from backend.admissions.contracts import service as contracts
from backend.admissions.contracts import terms
from backend.admissions.contracts.models import Contract
from backend.admissions.eligibility import service as eligibility
from backend.admissions.eligibility.schemas import Candidate, Entry, NotEligible, Unmet, unmet
from backend.admissions.models import SignUp
from backend.admissions.schemas import NewLead, SignUpForm, SignUpStatus
from backend.finance import service as finance
from backend.finance.schemas import OrderClosed
from backend.kit import clock, db, events
from backend.kit.db import unit_of_work
from backend.kit.errors import NotFound
from backend.security import queries as people
from backend.security import service as security
from backend.security.schemas import Role, Speaker
from backend.students.schemas import PRIVACY_NOTICE_VERSION
from backend.teaching import queries as teaching
from backend.teaching.models import ClassGroup
from backend.teaching.schemas import SeatTaken
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

RUSH, SEATS = 50, 3
TEXTS = {"2026-11": "1c25d4a0b184e8a545efc3bdd64fd5d4fc0a28ea3c8819b046286c98d672cefd"}


@pytest.fixture(autouse=True)
def _at_rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    with clock.frozen(NOW):
        yield


def open_school(session: Session, *, seats: int = SEATS) -> School:
    school = classrooms.open_school(session)
    finance.set_price(
        session,
        course_id=school.course_id,
        campus_id=None,
        amount_fen=12_000,
        lesson_count=4,
        effective_from=clock.today(),
    )
    session.get_one(ClassGroup, school.class_id).capacity = len(school.children) + seats
    security.hire(session, name="周婷", role=Role.ADVISOR)
    session.flush()
    return school


def wish(school: School, number: int = 1, **other: object) -> SignUpForm:
    values: dict[str, Any] = {
        "openid": f"o_new_{number}",
        "child_name": f"李小{number}",
        "grade": "三年级",
        "grade_number": 3,
        "class_group_id": school.class_id,
        "guardian_name": "王芳",
        "phone": f"138{number:08d}",
        "privacy_version": PRIVACY_NOTICE_VERSION,
        "source_key": f"message:{number}",
    }
    return SignUpForm.model_validate({**values, **other})


def test_of_fifty_at_once_three_get_the_three_seats(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "WAIT_FOR_WRITE_SECONDS", 120)  # The last of fifty waits for all.
    with unit_of_work() as session:
        school = open_school(session)
    gate = threading.Barrier(RUSH)

    def rush(number: int) -> bool:
        gate.wait()
        try:
            with unit_of_work() as session:
                sign_up.sign_up(session, wish(school, number))
        except SeatTaken:
            return False
        return True

    with ThreadPoolExecutor(RUSH) as pool:
        got = list(pool.map(rush, range(RUSH)))
    assert got.count(True) == SEATS
    with unit_of_work() as session:
        full = session.get_one(ClassGroup, school.class_id).capacity
        assert teaching.taken_seats(session, school.class_id) == full
        sign_ups = session.scalar(select(func.count(SignUp.id)))
        assert sign_ups == session.scalar(select(func.count(Contract.id))) == SEATS
    events.listen(OrderClosed, sign_up.let_go)
    with unit_of_work() as session:
        assert sign_up.cancel(session, openid=f"o_new_{got.index(True)}") == 1
    with unit_of_work() as session:  # The seat that was let go is somebody else's at once.
        sign_up.sign_up(session, wish(school, got.index(False), source_key="again"))


AGES = Entry(age_from=6, age_to=9)
AFTER = Entry(prerequisite_id=7)
TESTED = Entry(needs_placement=True)


@pytest.mark.parametrize(
    ("entry", "child", "why"),
    [
        (Entry(), Candidate(), None),
        (Entry(grade_from=3, grade_to=5), Candidate(grade=2), Unmet.GRADE),
        (Entry(grade_from=3, grade_to=5), Candidate(grade=5), None),
        (Entry(grade_from=3), Candidate(grade=None), None),
        (AGES, Candidate(), Unmet.AGE_UNKNOWN),
        (AGES, Candidate(age=5), Unmet.TOO_YOUNG),
        (AGES, Candidate(age=6), None),
        (AGES, Candidate(age=9), None),
        (AGES, Candidate(age=10), Unmet.TOO_OLD),
        (AFTER, Candidate(), Unmet.PREREQUISITE),
        (AFTER, Candidate(courses=frozenset({7})), None),
        (AFTER, Candidate(placed=True), None),
        (AFTER, Candidate(placed=False), Unmet.PLACEMENT_FAILED),
        (TESTED, Candidate(courses=frozenset({7})), Unmet.PLACEMENT),
        (TESTED, Candidate(placed=True), None),
        (TESTED, Candidate(placed=False), Unmet.PLACEMENT_FAILED),
        (AGES, Candidate(age=7, placed=False), None),
    ],
)
def test_what_a_course_asks_for(entry: Entry, child: Candidate, why: Unmet | None) -> None:
    assert unmet(entry, child) is why


def test_who_does_not_fit_is_refused_at_the_seat_and_a_placement_opens_it(session: Session) -> None:
    school = open_school(session)
    entry = Entry(age_from=6, needs_placement=True)
    eligibility.set_entry(session, course_id=school.course_id, entry=entry, by_id=1)
    for age, why in ((None, Unmet.AGE_UNKNOWN), (5, Unmet.TOO_YOUNG), (8, Unmet.PLACEMENT)):
        with pytest.raises(NotEligible) as refused:
            sign_up.sign_up(session, wish(school, age=age))
        assert refused.value.facts["why"] == why
    member = people.staff_members(session, {school.academic_id})[school.academic_id]
    lead = lead_desk.write_down(
        session,
        new=NewLead(
            customer="王芳",
            child_name=None,
            phone=wish(school).phone,
            interest="英语",
            source="phone",
            campus_id=None,
            source_key="call",
        ),
        by=member.model_copy(update={"role": Role.PRINCIPAL}),
    )
    for passed in (False, True, True):
        eligibility.note_placement(
            session,
            lead_id=lead.id,
            child_name="李小1",
            course_id=school.course_id,
            is_passed=passed,
            by_id=school.academic_id,
            source_key=f"placement:{passed}",
        )
    with pytest.raises(NotEligible):
        sign_up.sign_up(session, wish(school, child_name="李小二", age=8))
    assert sign_up.sign_up(session, wish(school, age=8)).status is SignUpStatus.PENDING


def _latest(session: Session) -> Contract:
    return session.scalars(select(Contract).order_by(Contract.id.desc()).limit(1)).one()


def test_a_contract_is_what_was_agreed_to_word_for_word(session: Session) -> None:
    school = open_school(session)
    first = sign_up.sign_up(session, wish(school))
    kept = _latest(session)
    assert kept.digest == hashlib.sha256(kept.document.encode()).hexdigest()
    assert (kept.version, kept.agreed_at) == (terms.VERSION, clock.now())
    for words in (
        "李小1",
        "王芳",
        "13800000001",
        "周六班",
        "120元",
        "每课时折后单价：30元",
        kept.number,
    ):
        assert words in kept.document
    sign_up.sign_up(session, wish(school))  # The same message again.
    assert session.scalar(select(func.count(Contract.id))) == 1
    corrected = wish(school, guardian_name="<b>王芳芳</b>", source_key="message:2")
    assert sign_up.sign_up(session, corrected).order_number == first.order_number
    latest = _latest(session)
    assert latest.number != kept.number
    assert "&lt;b&gt;王芳芳" in latest.document  # What people type is text.
    own = Speaker(openid="o_new_1")
    assert contracts.shown_to(session, own, latest.number)[1] is SignUpStatus.PENDING
    assert contracts.shown_to(session, own, kept.number)[1] is SignUpStatus.CLOSED
    head = Speaker(openid="", account_id=1, role=Role.PRINCIPAL)
    assert contracts.shown_to(session, head, latest.number)[0].id == latest.id
    for other in (Speaker(openid="o_new_2"), Speaker(openid="", account_id=1, role=Role.TEACHER)):
        with pytest.raises(NotFound):
            contracts.shown_to(session, other, latest.number)


@pytest.mark.parametrize("version", sorted(each.stem for each in terms.TEXTS.glob("*.html")))
def test_a_text_that_was_agreed_to_never_changes(version: str) -> None:
    text = (terms.TEXTS / f"{version}.html").read_bytes()
    assert hashlib.sha256(text).hexdigest() == TEXTS[version]
