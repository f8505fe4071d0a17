"""A family is forgotten: asked, decided by a person, carried out through crashes, kept out after a
restore; the books stay whole without its names (S3, X6)."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from backend.admissions import callbacks, trials
from backend.admissions import service as admissions
from backend.admissions.models import Lead
from backend.admissions.schemas import TrialForm
from backend.finance.models import JournalLine, Order
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.outbox import rules
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Notice
from backend.portal import copying, erasing, jobs
from backend.security import queries as security
from backend.security.models import WechatIdentity
from backend.security.schemas import Role, Speaker
from backend.seed import load
from backend.students import doubles, intake, merging
from backend.students import service as students
from backend.students.file import details, erasures
from backend.students.file.words import ErasureStatus, ErasureView, NotNow
from backend.students.merging import Refusal, UndoRefused
from backend.students.models import Guardian, Guardianship, Invitation, Student
from backend.students.schemas import Person, TicketKind
from backend.students.tickets import desk
from backend.teaching.life import trials as places
from backend.teaching.models import Leave, Lesson
from bot import conversation, inbound
from bot import jobs as talks
from bot.replies import SILENCE
from migrations.tables import every_table

FATHER = "o_family_li"
NAMES = (
    "李强",
    "李想",
    "13811113333",
    "望京小学",
    "老师太凶了",
    "李双胞",
    "水痘",
    "李试听",
    "李来电",
)
# Who follows us still follows; the trail of who did what is kept by law (网络安全法 §21).
STAYS = {"security_wechat_identity", "security_audit_entry", "outbox_reply_ledger"}


def speaker(openid: str = FATHER) -> Speaker:
    with reading() as session:
        return security.speaker(session, openid)


def speaker_of(session: Session, openid: str) -> Speaker:
    return security.speaker(session, openid)


def stands(session: Session) -> list[str]:
    return erasing.obstacles(session, security.speaker(session, FATHER))


def settle_everything() -> None:
    """All lessons are given, all seats left."""
    with unit_of_work() as session:
        session.execute(text("UPDATE finance_hour_entry SET lessons = 0"))
        session.execute(text("UPDATE teaching_enrollment SET status = 'ended'"))
        session.execute(text("DELETE FROM teaching_attendance"))


def live() -> None:
    """The family fills in its file, writes to us, and complains."""
    with unit_of_work() as session:
        details.change(session, 3, by=f"wechat:{FATHER}", fields={"school": "望京小学"})
        desk.open_ticket(
            session,
            openid=FATHER,
            kind=TicketKind.COMPLAINT,
            text="老师太凶了",
            source_key="test:1",
            customer="李想的家长",
        )
        said = {"FromUserName": FATHER, "ToUserName": settings().wechat_account, "MsgId": "1"}
        said |= {"MsgType": "text", "Content": "我是李强", "CreateTime": "1795000000"}
        message_id = conversation.receive(session, inbound.parse(said))
        leave_traces(session)
        message = conversation.lock_message(session, message_id)
        conversation.lock_talk(session, FATHER).state = {"slots": {"guardian": "李强"}}
        conversation.finish(session, message, SILENCE)


def leave_traces(session: Session) -> None:
    """A double that was merged, a workbook, an invitation answered, a leave for an illness."""
    head = security.staff_with_role(session, Role.PRINCIPAL)[0]
    again = students.register(
        session, child_name="李双胞", grade=None, guardian_name="李强爸爸", phone="13811113333",
        openid="o_again",
    )  # fmt: skip
    for person, kept, gone in (
        (Person.GUARDIAN, 2, again.guardian_id),
        (Person.STUDENT, 3, again.student_id),
    ):
        merging.merge(
            session, person=person, kept_id=kept, gone_id=gone, take=("name",), by=head.id
        )
    book = "学员姓名,监护人姓名,监护人手机\n李想,李强,13811113333\n王一一,王二,13700001111\n"
    intake.begin(session, title="名单", content=book.encode(), by=head)
    session.add(
        Invitation(
            code_index="x", guardian_id=1, student_ids=[1], openid=FATHER, name="李强",
            phone="13811113333", status="answered", made_at=clock.now(), expires_at=clock.now(),
        )
    )  # fmt: skip
    ask_as_a_prospect(session, FATHER, child="李试听", phone="13811113333")
    caller = Lead(
        openid=None, customer="李来电", phone="13811113333", source="phone", interest="李想的哥哥",
        stage="contacted", created_at=clock.now(),
        phone_index=crypto.blind_index("13811113333", context="phone"),
    )  # fmt: skip
    session.add(caller)
    session.flush()
    admissions.note(session, lead_id=caller.id, text="李来电要便宜点")
    lesson_id = session.scalars(select(Lesson.id)).first()
    leave = {"words": "水痘", "asked_by": f"wechat:{FATHER}", "asked_at": clock.now()}
    session.add(Leave(student_id=3, lesson_id=lesson_id, **leave))


def ask_as_a_prospect(session: Session, openid: str, *, child: str, phone: str) -> None:
    """Two children try the same lesson, somebody is to be called, notes are made."""
    (lesson, *_) = places.offers(session, class_group_ids=range(1, 20))
    for number, name in enumerate((child, f"{child}二")):
        form = TrialForm(
            openid=openid, lesson_id=lesson.id, child_name=name, grade=None, phone=phone,
            source_key=f"test:{openid}:{number}",
        )  # fmt: skip
        trials.book(session, form)
    callbacks.ask(session, openid=openid, phone=phone, from_at=None, to_at=None)


def everybody_came(session: Session) -> None:
    session.execute(text("UPDATE admissions_trial SET status = 'attended', feedback = '很好'"))
    session.execute(text("UPDATE teaching_guest SET status = 'present'"))


def found_in(session: Session, words: tuple[str, ...]) -> list[str]:
    """Where in the whole database, decrypted, any of these words still stands."""
    found = []
    for name, table in every_table().tables.items():
        rows: list[Any] = list(session.execute(select(table))) if name not in STAYS else []
        found += [f"{name}: {word}" for word in words if any(word in repr(row) for row in rows)]
    return found


def books(session: Session) -> tuple[Any, ...]:
    orders = session.execute(select(func.count(Order.id), func.sum(Order.total_fen))).one()
    lines = session.execute(
        select(func.count(JournalLine.id), func.sum(JournalLine.debit_fen))
    ).one()
    return (*orders, *lines)


def carry_out(erasure_id: int) -> None:
    """As workers do, with one that dies in the middle of a step and everything rung twice."""
    jobs.erase(erasure_id)  # The bot's turn: nothing happens here.
    talks.forget_talks(erasure_id)
    talks.forget_talks(erasure_id)
    steps = dict(erasing._STEPS)

    def dies(session: Session, view: ErasureView) -> None:
        steps["orders"](session, view)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(erasing._STEPS, "orders", dies)
        with pytest.raises(KeyboardInterrupt):
            jobs.erase(erasure_id)
    jobs.erase(erasure_id)
    jobs.erase(erasure_id)


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    settings.cache_clear()


def test_a_family_is_forgotten_and_stays_so(database: str) -> None:
    load()
    with reading() as session:
        first = stands(session)
        assert ["课时" in each for each in first] == [True]
    settle_everything()
    live()
    with reading() as session:
        assert ["试听" in each or "投诉" in each for each in stands(session)] == [True, True]
        before = books(session)
        assert set(NAMES) <= {each.split(": ")[1] for each in found_in(session, NAMES)}
    with unit_of_work() as session:
        session.execute(text("UPDATE students_ticket SET status = 'closed'"))
        everybody_came(session)
        assert stands(session) == []
        asked = erasures.ask(session, speaker())
        assert erasures.ask(session, speaker()).id == asked.id
        assert asked.student_ids == (3,)
        told = select(func.count()).where(OutboxMessage.template == "erasure_asked")
        assert session.scalar(told) == 2  # The principal and the security officer.
    with reading() as session:
        officer = security.staff_with_role(session, Role.SECURITY)[0]
        session.execute(text("UPDATE students_ticket SET status = 'open'"))  # They complain again.
        with pytest.raises(erasing.StillOpen):
            erasing.decide(session, asked.id, member=officer, approve=True, note="")
    with unit_of_work() as session:
        erasing.decide(session, asked.id, member=officer, approve=True, note="")
    with pytest.raises(NotNow), unit_of_work() as session:
        erasures.decide(session, asked.id, member=officer, approve=True, note="")
    with unit_of_work() as session:  # Work notices to staff go after 30 days (the page says so).
        to_staff = OutboxMessage.template.in_(
            ("trial_advisor", "trial_booked", "callback_asked", "new_lead")
        )
        session.execute(delete(OutboxMessage).where(to_staff))
    carry_out(asked.id)
    with reading() as session:
        assert erasures.erasure(session, asked.id).status is ErasureStatus.DONE
        assert books(session) == before
        letter = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template == "erasure_done")
        ).one()
        assert letter.openid == FATHER
        said = rules.sentence_of(Notice.model_validate_json(letter.payload))
        assert f"DEL{asked.id:06d}" in said
        assert found_in(session, NAMES) == []
        whose = found_in(session, (f"'{FATHER}'",))  # Not that of o_family_liu.
        assert [each.split(": ")[0] for each in whose] == ["outbox_message"]
        assert not speaker().guardian_id
        assert session.get_one(Guardian, 1).name == "陈建国"  # Nobody else is touched.
        for person in Person:  # No phone is not the same phone, no name not the same name.
            assert doubles.search(session, person) == {}
        for merge in merging.latest(session):
            with pytest.raises(UndoRefused) as refused:
                merging.undo(session, merge.id, by=officer.id)
            assert refused.value.facts["why"] is Refusal.ERASED

    with unit_of_work() as session:  # A backup of before comes back, without our list.
        back = session.get_one(Guardian, 2)
        back.name, back.phone, back.erased_at = "李强", "13811113333", None
        child = session.get_one(Student, 3)
        child.name, child.erased_at = "李想", None
        session.execute(text("DELETE FROM students_erased"))
        session.execute(text("DELETE FROM students_erasure"))
    assert erasing.look_for_risen() == 1
    assert erasing.look_for_risen() == 1  # Found again, asked for once.
    with reading() as session:
        (again,) = erasures.approved_ids(session)
    carry_out(again)
    assert erasing.look_for_risen() == 0
    with reading() as session:
        assert found_in(session, NAMES) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_prospect", [True, False])
def test_the_way_out_is_also_for_who_has_no_guardian(database: str, *, is_prospect: bool) -> None:
    """A learner of age, and somebody who only asked us things."""
    load()
    openid = "o_grown_up"
    with unit_of_work() as session:
        if not is_prospect:
            grown = Student(
                name="成大人", birth_on=date(2000, 1, 1), phone="13911114444",
                phone_checked_at=clock.now(), created_at=clock.now(),
            )  # fmt: skip
            session.add(grown)
            session.flush()
            session.add(WechatIdentity(openid=openid, student_id=grown.id, created_at=clock.now()))
        ask_as_a_prospect(session, openid, child="成大人", phone="13911114444")
        copy = copying.copy_for(session, speaker_of(session, openid))
        assert {each["kind"] for each in copy["asked_us"]} >= {"咨询", "试听", "回电"}
        assert len(erasing.obstacles(session, speaker_of(session, openid))) == 1
        everybody_came(session)
        assert erasing.obstacles(session, speaker_of(session, openid)) == []
        asked = erasures.ask(session, speaker_of(session, openid))
        assert erasures.ask(session, speaker_of(session, openid)).id == asked.id
        session.execute(delete(OutboxMessage))  # Letters to staff: 30 days at most.
        head = security.staff_with_role(session, Role.PRINCIPAL)[0]
        erasing.decide(session, asked.id, member=head, approve=True, note="")
        name = "没有档案的咨询者" if is_prospect else "成大人"
        assert [one for each, one in erasures.listed(session)] == [name]
    carry_out(asked.id)
    with reading() as session:
        assert erasures.erasure(session, asked.id).status is ErasureStatus.DONE
        assert found_in(session, ("成大人", "13911114444")) == []
        where = {each.split(": ")[0] for each in found_in(session, (f"'{openid}'",))}
        assert where <= {"outbox_message"}
        assert not erasing.is_known(session, speaker_of(session, openid))
    if not is_prospect:
        with unit_of_work() as session:  # A backup of before comes back.
            back = session.get_one(Student, asked.student_id)
            back.name, back.erased_at = "成大人", None
            session.execute(text("DELETE FROM students_erasure"))
        assert erasing.look_for_risen() == 1
        with reading() as session:
            (again,) = erasures.approved_ids(session)
        carry_out(again)
        with reading() as session:
            assert found_in(session, ("成大人",)) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_child_with_a_guardian_and_staff_do_not_ask_for_themselves(database: str) -> None:
    load()
    with unit_of_work() as session:
        child = security.speaker(session, "o_demo_student")
        assert not erasures.may_ask(session, child)
        with pytest.raises(NotFound):
            erasures.ask(session, child)
        session.get_one(Student, child.student_id).birth_on = date(2000, 1, 1)
        assert erasures.may_ask(session, child)
        assert not erasures.may_ask(session, security.speaker(session, "o_demo_teacher"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_refusal_has_a_reason_and_a_child_stays_with_the_other_parent(database: str) -> None:
    load()
    settle_everything()
    with unit_of_work() as session:
        made = students.register(
            session,
            child_name="李小妹",
            grade=None,
            guardian_name="王芳",
            phone="13711110000",
            openid="o_mother",
        )
        session.add(Guardianship(guardian_id=made.guardian_id, student_id=3))
        session.flush()
        assert erasures.children_to_erase(session, 2) == []
        asked = erasures.ask(session, security.speaker(session, FATHER))
        head = security.staff_with_role(session, Role.PRINCIPAL)[0]
        with pytest.raises(NotNow):
            erasures.decide(session, asked.id, member=head, approve=False, note=" ")
        erasures.decide(session, asked.id, member=head, approve=False, note="退费还没到账")
        assert not erasures.take_back(session, security.speaker(session, FATHER))
        again = erasures.ask(session, security.speaker(session, FATHER))
        assert again.id != asked.id
        erasures.decide(session, again.id, member=head, approve=True, note="")
    carry_out(again.id)
    with reading() as session:
        child = session.get_one(Student, 3)
        assert (child.name, child.erased_at) == ("李想", None)
        assert [one.name for one in details.details(session, 3).guardians] == ["王芳"]
        assert security.speaker(session, "o_mother").guardian_id == made.guardian_id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_joined_the_family_since_it_asked_keeps_the_child(database: str) -> None:
    load()
    settle_everything()
    with unit_of_work() as session:
        asked = erasures.ask(session, speaker())
        assert asked.student_ids == (3,)
        session.add(Guardianship(guardian_id=1, student_id=3))
        session.flush()
        head = security.staff_with_role(session, Role.PRINCIPAL)[0]
        erasing.decide(session, asked.id, member=head, approve=True, note="")
        assert erasures.erasure(session, asked.id).student_ids == ()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_decides_is_reminded_once_before_the_deadline(database: str) -> None:
    load()
    with unit_of_work() as session:
        asked = erasures.ask(session, speaker())
    for at, reminded in ((asked.asked_at, 0), (asked.due_at - erasures.REMIND_BEFORE, 1)):
        with clock.frozen(at), unit_of_work() as session:
            assert erasures.remind_deciders(session) == reminded
            assert erasures.remind_deciders(session) == 0


@pytest.mark.parametrize(
    ("begun", "due"),
    [
        ("2026-11-24 10:00", "2026-12-16 00:00"),  # A Tuesday: three weeks later, to its end.
        ("2026-11-28 10:00", "2026-12-19 00:00"),  # A Saturday: the 15th Friday's end.
        ("2026-11-27 23:59", "2026-12-19 00:00"),
    ],
)
def test_fifteen_working_days(begun: str, due: str) -> None:
    at = datetime.fromisoformat(begun).replace(tzinfo=clock.SHANGHAI)
    end = erasures.working_days_after(at, erasures.ANSWER_WITHIN_DAYS)
    assert f"{clock.local(end):%Y-%m-%d %H:%M}" == due
