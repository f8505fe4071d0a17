"""Tables of the admissions room."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    event,
    inspect,
    text,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from backend.kit import clock
from backend.kit.db import IS_ADDRESS, Base, Encrypted, UtcDateTime, index_of


class Lead(Base):
    """线索: one open lead per WeChat at a time, held by the partial unique index.

    Whoever called or walked in has no WeChat yet: `phone` finds them when they write. `customer` is
    what the family is called (王妈妈). `source` is the channel or campaign of the first code that
    was scanned (`channel:dianping`), `wechat` or `website` for whoever came by themselves;
    `last_source` that of the last one.

    The clock looks at it at `look_at` (`assigning.ladder`): `claim_due_at` is when somebody else is
    asked, `rung` how far the ladder was climbed for the follow-up of `rung_for`, `touched_at` when
    anybody last did something, `asked_at` the customer's message that was `responded_at` by a
    person, or was left too long at `slow_at`. A double stays as a closed row and says into which
    lead it was merged.
    """

    __tablename__ = "admissions_lead"
    __table_args__ = (
        Index(
            "uq_admissions_lead_open_openid",
            "openid",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_admissions_lead_advisor_stage", "advisor_id", "stage"),
        Index("ix_admissions_lead_advisor_id_assigned_at", "advisor_id", "assigned_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str | None] = mapped_column(String(64))
    customer: Mapped[str | None] = mapped_column(String(40))
    child_name: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(Encrypted("admissions_lead.phone"), info=IS_ADDRESS)
    phone_index: Mapped[str | None] = mapped_column(
        String(64), index=True, info=index_of("phone", "phone")
    )
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"))
    source: Mapped[str] = mapped_column(String(40))
    last_source: Mapped[str | None] = mapped_column(String(40))
    interest: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(String(12))
    lost_reason: Mapped[str | None] = mapped_column(String(12))
    advisor_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_follow_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rung: Mapped[int] = mapped_column(default=0)
    rung_for: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    responded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    slow_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


@event.listens_for(Lead, "before_insert")
@event.listens_for(Lead, "before_update")
def _look_again(_mapper: Mapper[Lead], _connection: Connection, lead: Lead) -> None:
    """Whatever is changed about a lead, by whom ever: the clock looks at it anew and reckons its
    next moment. Only the clock's own look sets that moment itself."""
    if not inspect(lead).attrs.look_at.history.has_changes():
        lead.look_at = None if lead.closed_at is not None else clock.now()


class FollowUp(Base):
    """跟进: one thing that happened with a lead, written by a person or by the bot (A15).

    `source_key` names the message or form that told of it: the same one is written down once.
    """

    __tablename__ = "admissions_follow_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    kind: Mapped[str] = mapped_column(String(8), default="note")
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str | None] = mapped_column(String(120), unique=True)


class SignUp(Base):
    """报名: a child, a class and the order that pays for it; no class for a package of lessons that
    takes no seat."""

    __tablename__ = "admissions_sign_up"
    __table_args__ = (Index("ix_admissions_sign_up_openid_status", "openid", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64))
    child_name: Mapped[str] = mapped_column(String(40))
    grade: Mapped[str | None] = mapped_column(String(20))
    guardian_name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(Encrypted("admissions_sign_up.phone"), info=IS_ADDRESS)
    privacy_version: Mapped[str] = mapped_column(String(20))
    class_group_id: Mapped[int | None] = mapped_column(
        ForeignKey("teaching_class_group.id"), index=True
    )
    package_id: Mapped[int | None] = mapped_column(ForeignKey("finance_package.id"))
    order_number: Mapped[str | None] = mapped_column(String(32), unique=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    status: Mapped[str] = mapped_column(String(12))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class Trial(Base):
    """试听: one per lead, child and course (§4, rule 5), held by the partial unique index; one that
    was missed or cancelled may be booked anew. The place itself is teaching's guest.

    `feedback` is the family's word of it; `converted_at` when the child then paid, once.
    """

    __tablename__ = "admissions_trial"
    __table_args__ = (
        Index(
            "uq_admissions_trial_open",
            "lead_id",
            "course_id",
            "child_name",
            unique=True,
            sqlite_where=text("status IN ('booked', 'attended')"),
            postgresql_where=text("status IN ('booked', 'attended')"),
        ),
        Index("ix_admissions_trial_openid_status", "openid", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"))
    openid: Mapped[str] = mapped_column(String(64))
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"))
    lesson_id: Mapped[int] = mapped_column(ForeignKey("teaching_lesson.id"), index=True)
    child_name: Mapped[str] = mapped_column(String(40))
    grade: Mapped[str | None] = mapped_column(String(20))
    phone: Mapped[str | None] = mapped_column(Encrypted("admissions_trial.phone"), info=IS_ADDRESS)
    status: Mapped[str] = mapped_column(String(12))
    feedback: Mapped[str | None] = mapped_column(String(20))
    converted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class Callback(Base):
    """回电: when a customer wants to be called, [from_at, due_at); one is open per WeChat."""

    __tablename__ = "admissions_callback"
    __table_args__ = (
        Index(
            "uq_admissions_callback_open",
            "openid",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(Encrypted("admissions_callback.phone"), info=IS_ADDRESS)
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    nudged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Waiting(Base):
    """候补: a child in the line of a full class, once, held by the partial unique index.

    `rank` and `joined_at` are its place. While a seat is offered teaching holds it for
    `waiting:<id>`, a little longer than `offer_until`; `accepted_at` once the family has said yes
    and is signing up.
    """

    __tablename__ = "admissions_waiting"
    __table_args__ = (
        Index(
            "uq_admissions_waiting_open",
            "class_group_id",
            "openid",
            "child_name",
            unique=True,
            sqlite_where=text("status IN ('waiting', 'offered')"),
            postgresql_where=text("status IN ('waiting', 'offered')"),
        ),
        Index("ix_admissions_waiting_line", "class_group_id", "status", "rank", "joined_at"),
        Index("ix_admissions_waiting_status", "status", "offer_until"),
        Index("ix_admissions_waiting_openid", "openid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64))
    class_group_id: Mapped[int] = mapped_column(ForeignKey("teaching_class_group.id"))
    from_class_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_class_group.id"))
    child_name: Mapped[str] = mapped_column(String(40))
    grade: Mapped[str | None] = mapped_column(String(20))
    phone: Mapped[str | None] = mapped_column(
        Encrypted("admissions_waiting.phone"), info=IS_ADDRESS
    )
    status: Mapped[str] = mapped_column(String(12))
    rank: Mapped[int]
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offer_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class CourseEntry(Base):
    """入学条件 of a course, beside the grades that the course itself names. Ages are years, both
    included; a passed placement stands for the course before."""

    __tablename__ = "admissions_course_entry"
    __table_args__ = (
        CheckConstraint("prerequisite_id IS NULL OR prerequisite_id <> course_id", name="another"),
    )

    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"), primary_key=True)
    age_from: Mapped[int | None]
    age_to: Mapped[int | None]
    prerequisite_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_course.id"))
    needs_placement: Mapped[bool] = mapped_column(default=False)


class Placement(Base):
    """测评结果: a child of a lead, or a learner on file, was looked at for a course, or by `points`
    for a programme (then the course is that of the level they lead to); the latest counts."""

    __tablename__ = "admissions_placement"
    __table_args__ = (Index("ix_admissions_placement_lead_course", "lead_id", "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("admissions_lead.id"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    child_name: Mapped[str] = mapped_column(String(40))
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_programme.id"))
    points: Mapped[int | None]
    is_passed: Mapped[bool]
    by_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)
