"""T12: homework is set by who teaches the class, handed in by its families, marked once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.kit import clock, files
from backend.kit.db import unit_of_work
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox.models import OutboxMessage
from backend.reminders.schemas import Audience, Question
from backend.security import queries as security
from backend.security.models import Account
from backend.security.schemas import Role, StaffMember
from backend.students import attachments
from backend.students.models import Attachment, Student
from backend.students.schemas import AttachmentKind, AttachmentStatus, Purpose
from backend.teaching import family
from backend.teaching.homework import handing, queries, reminding, setting
from backend.teaching.homework.schemas import Empty, Grade, HomeworkView, TooSoon, Withdrawn
from backend.teaching.life import pauses
from backend.teaching.models import ClassGroup, HandIn
from tests.backend.portal.test_desk import at_desk
from tests.backend.security.desks import PHONE
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

DUE = NOW + timedelta(days=3)
DAY = timedelta(days=1)


@pytest.fixture
def school(session: Session) -> School:
    with clock.frozen(NOW):
        return classrooms.open_school(session)


def member(session: Session, account_id: int) -> StaffMember:
    return security.staff_members(session, {account_id})[account_id]


def given(session: Session, school: School, *, key: str = "m:1") -> HomeworkView:
    teacher = member(session, school.teacher_id)
    return setting.assign(
        session, class_group_id=school.class_id, words="第三课练习", due_at=DUE, member=teacher,
        source_key=key,
    )[0]  # fmt: skip


def told(session: Session, template: str) -> list[str | None]:
    query = select(OutboxMessage.openid).where(OutboxMessage.template == template)
    return sorted(session.scalars(query), key=str)


def missing(session: Session, *, campus_id: int | None = None) -> list[int]:
    """Whom the table of rules would remind."""
    asked = Question(
        amount=1, audience=Audience.GUARDIAN, campus_id=campus_id, from_at=DUE - DAY,
        to_at=DUE + DAY,
    )  # fmt: skip
    return [fact.who for fact in reminding.homework_due(session, asked).facts]


def test_t12_only_who_teaches_the_class_sets_for_it_and_once(
    session: Session, school: School
) -> None:
    with clock.frozen(NOW):
        view = given(session, school)
        assert given(session, school).id == view.id
        families = ["o_parent_0", "o_parent_1"]
        assert told(session, "homework_set") == families
        others = security.staff_with_role(session, Role.TEACHER)
        strangers = [each.id for each in others if each.id != school.teacher_id]
        for account_id in (*strangers, school.academic_id):
            who = member(session, account_id)
            with pytest.raises(NotAllowed):
                setting.assign(
                    session, class_group_id=school.class_id, words="抄写", due_at=DUE, member=who,
                    source_key="x",
                )  # fmt: skip
            with pytest.raises(NotAllowed):
                setting.withdraw(session, homework_id=view.id, member=who)
        me = member(session, school.teacher_id)
        for words, due_at, error in (("", DUE, Empty), ("字" * 501, DUE, Empty),
                                     ("练习", NOW, TooSoon)):  # fmt: skip
            with pytest.raises(error):
                setting.assign(
                    session, class_group_id=school.class_id, words=words, due_at=due_at,
                    member=me, source_key="y",
                )  # fmt: skip
        for _twice in range(2):
            setting.withdraw(session, homework_id=view.id, member=me)
        assert told(session, "homework_withdrawn") == families
        assert queries.assigned(session, school.children) == []
        assert missing(session) == []


def test_t12_a_family_hands_in_for_its_own_child_and_hears_the_teacher_once(
    session: Session, school: School
) -> None:
    with clock.frozen(NOW):
        view = given(session, school)
        mine, theirs = school.children

        def hand(child: int, words: str = "", own: int = mine) -> int:
            return handing.hand_in(
                session, homework_id=view.id, student_id=child, own_ids={own},
                openid="o_parent_0", words=words,
            ).id  # fmt: skip

        with pytest.raises(NotFound):
            hand(theirs)
        stranger = Student(name="外班学员", created_at=clock.now())
        session.add(stranger)
        session.flush()
        outsider = stranger.id
        with pytest.raises(NotFound):
            hand(outsider, own=outsider)
        assert missing(session) == school.children
        assert missing(session, campus_id=school.campus_id + 1) == []
        first = hand(mine, "做好了")
        assert hand(mine, "做好了") == hand(mine, "还有第5题") == first
        handed = queries.hand_in(session, first)
        assert handed.words == "做好了\n还有第5题"
        (own,) = queries.history(session, mine, limit=9)
        assert own.handed_in == handed
        assert queries.history(session, theirs, limit=9) == []
        assert missing(session) == [theirs]
        pauses.pause(
            session, student_id=theirs, class_group_id=school.class_id, from_on=NOW.date(),
            to_on=None, by="account:1",
        )  # fmt: skip
        assert missing(session) == []
        me, other = (member(session, id_) for id_ in (school.teacher_id, school.academic_id))
        with pytest.raises(NotAllowed):
            handing.comment(session, hand_in_id=first, member=other, grade=Grade.GOOD, words="好")
        for _twice in range(2):
            handing.comment(session, hand_in_id=first, member=me, grade=Grade.AGAIN, words="再看")
        assert told(session, "homework_again") == ["o_parent_0"]
        assert hand(mine, "订正了") == first
        assert queries.hand_in(session, first).grade is None
        handing.comment(session, hand_in_id=first, member=me, grade=Grade.GOOD, words="")
        assert told(session, "homework_commented") == ["o_parent_0"]
        setting.withdraw(session, homework_id=view.id, member=me)
        with pytest.raises(Withdrawn):
            hand(mine, "晚了")
        family.forget(session, student_ids=[mine], openids=["o_parent_0"])
        session.flush()
        row = session.get_one(HandIn, first, populate_existing=True)
        assert (row.words, row.comment, row.handed_by) == ("已删除", None, "已删除")


@pytest.fixture
def app(database: str) -> Flask:
    with clock.frozen(NOW), unit_of_work() as session:
        classrooms.open_school(session)
    return create_app(lambda: None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_t12_pages_and_pictures_are_for_the_class_alone(app: Flask) -> None:
    with clock.frozen(NOW):
        desk = at_desk(app, Role.TEACHER)
        nobody = at_desk(app, Role.TEACHER, phone="13900000078")
        elsewhere = at_desk(app, Role.CAMPUS_MANAGER, phone="13900000079")
    with clock.frozen(NOW), unit_of_work() as session:
        names = {row.phone: row.id for row in session.scalars(select(Account))}
        group = session.scalars(select(ClassGroup).filter_by(name="周六班")).one()
        group.teacher_id = names[PHONE]
        child = queries.learners_of(session, group.id)[0]
        view = setting.assign(
            session, class_group_id=group.id, words="第三课练习", due_at=DUE,
            member=member(session, names[PHONE]), source_key="m:1",
        )[0]  # fmt: skip
        for number in (1, 2):
            attachments.receive(
                session, openid="o_parent_0", kind=AttachmentKind.IMAGE, media_id="m",
                purpose=Purpose.HOMEWORK, source_key=f"a:{number}",
            )  # fmt: skip
        rows = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        handed = handing.hand_in(
            session, homework_id=view.id, student_id=child, own_ids={child}, openid="o_parent_0"
        )
        rows[1].received_at -= DAY  # Sent yesterday, for something else.
        assert handing.take_pictures(session, handed, openid="o_parent_1") == 0
        assert handing.take_pictures(session, handed, openid="o_parent_0") == 1
        rows[0].file_name, rows[0].content_type = files.keep(b"homework", owner="test"), "image/png"
        rows[0].status = AttachmentStatus.KEPT
        kept, loose = rows[0].id, rows[1].id
        class_id = group.id
    page, picture = f"/console/homework/{view.id}", f"/console/homework/hand-ins/{handed.id}"
    mark = {"grade": "良好", "words": "<b>很好</b>"}
    with clock.frozen(NOW):
        assert "第1份" in desk.get(page).text
        assert desk.get(f"{picture}/{kept}").data == b"homework"
        assert desk.get(f"{picture}/{loose}").status_code == 404
        for other in (nobody, elsewhere):
            assert other.get(page).status_code == 404
            assert other.get(f"{picture}/{kept}").status_code == 404
            assert other.post(picture, **mark).status_code == 403
            assert "第三课练习" not in other.get("/console/homework").text
        assert desk.post(picture, **{**mark, "grade": "满分"}).status_code == 422
        assert desk.post(picture, **mark).status_code == 303
        assert "&lt;b&gt;很好" in desk.get(page).text
        form = {
            "class": str(class_id),
            "words": "背单词",
            "due_at": "2026-12-09T20:00",
            "mark": "1",
        }
        for _twice in range(2):
            assert desk.post("/console/homework", **form).status_code == 303
        assert desk.get("/console/homework").text.count("背单词") == 1
        assert nobody.post("/console/homework", **form).status_code == 403
        assert desk.post("/console/homework", **{**form, "due_at": ""}).status_code == 422
