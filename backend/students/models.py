"""Tables of the students room. Phones are encrypted and searched by blind index (S2)."""

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    delete,
    event,
    insert,
    text,
)
from sqlalchemy.orm import Mapped, attributes, mapped_column, relationship

from backend.kit import crypto
from backend.kit.db import IS_ADDRESS, Base, Encrypted, UtcDateTime, index_of
from backend.students import names
from backend.students import ticket_models as ticket_models
from backend.students.customer_models import Unsearched
from backend.students.schemas import Person


class Student(Base):
    """学员: the file of one learner. `grade` is the school grade as people say it (三年级).

    `phone` is the learner's own, for those of age. A double that was merged stays as a shell:
    `merged_into_id` says where everything went.
    """

    __tablename__ = "students_student"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    grade: Mapped[str | None] = mapped_column(String(20))
    birth_on: Mapped[date | None]
    phone: Mapped[str | None] = mapped_column(Encrypted("students_student.phone"), info=IS_ADDRESS)
    phone_index: Mapped[str | None] = mapped_column(
        String(64), index=True, info=index_of("phone", "phone")
    )
    phone_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"))
    id_number: Mapped[str | None] = mapped_column(Encrypted("students_student.id_number"))
    id_number_index: Mapped[str | None] = mapped_column(
        String(64), index=True, info=index_of("id_number", "id_number")
    )
    address: Mapped[str | None] = mapped_column(Encrypted("students_student.address"))
    school: Mapped[str | None] = mapped_column(String(60))
    health_note: Mapped[str | None] = mapped_column(Encrypted("students_student.health_note"))
    email: Mapped[str | None] = mapped_column(Encrypted("students_student.email"), info=IS_ADDRESS)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    guardianships: Mapped[list["Guardianship"]] = relationship(back_populates="student")


class Guardian(Base):
    """监护人: the contract party for a minor. `phone_tail_index` is of the last four digits. The
    shell of a merged double is found by no phone: its indexes are empty.

    `phone_checked_at`: when a code or our staff last confirmed the phone; None for one that was
    only typed into a chat, which opens nothing (C4).
    """

    __tablename__ = "students_guardian"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    phone_tail_index: Mapped[str | None] = mapped_column(
        String(64), index=True, info=index_of("phone", "phone_tail", last=4)
    )
    phone_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"))
    phone: Mapped[str] = mapped_column(Encrypted("students_guardian.phone"), info=IS_ADDRESS)
    phone_index: Mapped[str] = mapped_column(
        String(64), index=True, info=index_of("phone", "phone")
    )
    id_number: Mapped[str | None] = mapped_column(Encrypted("students_guardian.id_number"))
    id_number_index: Mapped[str | None] = mapped_column(
        String(64), index=True, info=index_of("id_number", "id_number")
    )
    address: Mapped[str | None] = mapped_column(Encrypted("students_guardian.address"))
    email: Mapped[str | None] = mapped_column(Encrypted("students_guardian.email"), info=IS_ADDRESS)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    guardianships: Mapped[list["Guardianship"]] = relationship(back_populates="guardian")


class Guardianship(Base):
    """监护关系: several children to a guardian, several guardians to a child."""

    __tablename__ = "students_guardianship"
    __table_args__ = (UniqueConstraint("guardian_id", "student_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("students_guardian.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("students_student.id"), index=True)
    guardian: Mapped[Guardian] = relationship(back_populates="guardianships")
    student: Mapped[Student] = relationship(back_populates="guardianships")


class SearchKey(Base):
    """检索词: one way in which a name is looked for, from its beginning. Written by the mapper
    below whenever a name is, so that no change of a file has to remember it."""

    __tablename__ = "students_search_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[names.KeyKind] = mapped_column(String(8))
    # Compared byte by byte on both databases: only then is a beginning a range of the index.
    key: Mapped[str] = mapped_column(
        String(names.LONGEST).with_variant(String(names.LONGEST, collation="C"), "postgresql"),
        index=True,
    )
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)


class Consent(Base):
    """同意: who agreed to which version of what, when and how (PIPL §§14, 15, 29, 31)."""

    __tablename__ = "students_consent"
    __table_args__ = (Index("ix_students_consent_openid_purpose", "openid", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    way: Mapped[str] = mapped_column(String(8), default="chat", server_default="chat")
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_way: Mapped[str | None] = mapped_column(String(8))


class Attachment(Base):
    """附件: a picture, voice, video or file that somebody sent in the chat.

    The row is there at once; the bytes follow by a job (`media_id` lives three days at WeChat) and
    lie encrypted under `file_name`. Without a ticket it waits for one, or is nobody's business;
    `holder` names what a room above keeps it for (`hand_in:7`).
    """

    __tablename__ = "students_attachment"
    __table_args__ = (Index("ix_students_attachment_openid_received_at", "openid", "received_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(10))
    media_id: Mapped[str] = mapped_column(String(255))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("students_ticket.id"), index=True)
    content_type: Mapped[str | None] = mapped_column(String(40))
    size_bytes: Mapped[int | None]
    file_name: Mapped[str | None] = mapped_column(String(64), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)
    holder: Mapped[str | None] = mapped_column(String(40), index=True)


class Takeover(Base):
    """接管: a person leads the talk with a customer, and the bot is silent in it (C3).

    Its id is the number by which the owner calls it, never used again: a late answer cannot reach
    somebody else. It begins at `begins_at` (the next opening when nobody works now).
    `waiting_since` is since when the present owner has left something unanswered, None while it is
    the customer's turn; `due_at` when somebody has to look at it again. `tried` are the accounts
    that had it before and did not answer. `asked_at` is the first message of the customer's that
    waits for a person, whoever leads meanwhile, and `responded_at` a person's first word after it.
    """

    __tablename__ = "students_takeover"
    __table_args__ = (
        Index(
            "uq_students_takeover_open",
            "openid",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_students_takeover_openid", "openid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(String(64))
    customer: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("students_ticket.id"), index=True)
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    nudged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    responded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    responded_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    last_said: Mapped[str] = mapped_column(Text)
    suggestions: Mapped[list[str]] = mapped_column(JSON)
    tried: Mapped[list[int]] = mapped_column(JSON)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(12))


def _write_keys(connection: Connection, person: Student | Guardian) -> None:
    column = "student_id" if isinstance(person, Student) else "guardian_id"
    connection.execute(delete(SearchKey).where(getattr(SearchKey, column) == person.id))
    is_found = person.merged_into_id is None and person.erased_at is None
    keys = names.keys_of(person.name) if is_found else []
    if keys:
        rows = [{"kind": kind, "key": key, column: person.id} for kind, key in keys]
        connection.execute(insert(SearchKey), rows)


def _search_later(connection: Connection, person: Person, id_: int) -> None:
    connection.execute(insert(Unsearched), {"kind": person, "person_id": id_})


@event.listens_for(Student, "after_insert")
@event.listens_for(Guardian, "after_insert")
def _name_given(_: object, connection: Connection, person: Student | Guardian) -> None:
    _write_keys(connection, person)
    _search_later(connection, _kind_of(person), person.id)


@event.listens_for(Student, "after_update")
@event.listens_for(Guardian, "after_update")
def _name_changed(_: object, connection: Connection, person: Student | Guardian) -> None:
    changed = {
        each.key for each in attributes.instance_state(person).attrs if each.history.has_changes()
    }
    if changed & {"name", "merged_into_id", "erased_at"}:
        _write_keys(connection, person)
    if changed & {"name", "merged_into_id", "erased_at", "phone_index", "phone_tail_index"}:
        _search_later(connection, _kind_of(person), person.id)


@event.listens_for(Guardianship, "after_insert")
@event.listens_for(Guardianship, "after_update")
@event.listens_for(Guardianship, "after_delete")
def _family_changed(_: object, connection: Connection, link: Guardianship) -> None:
    _search_later(connection, Person.STUDENT, link.student_id)


def _kind_of(person: Student | Guardian) -> Person:
    return Person.STUDENT if isinstance(person, Student) else Person.GUARDIAN


@event.listens_for(Guardian, "before_insert")
@event.listens_for(Guardian, "before_update")
def _phone_changed(_: object, __: Connection, guardian: Guardian) -> None:
    is_found = guardian.merged_into_id is None and guardian.phone
    guardian.phone_tail_index = tail_index(guardian.phone) if is_found else None


def tail_index(phone: str) -> str:
    """The blind index of a phone's last four digits."""
    return crypto.blind_index(phone[-4:], context="phone_tail")


class Invitation(Base):
    """邀请: a guardian lets another one see their children, once both have said so (C4).

    Of the code only a keyed hash is kept. `name`, `phone` and `openid` are of whoever answered it
    first and proved the phone; the inviter confirms them or not.
    """

    __tablename__ = "students_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_index: Mapped[str] = mapped_column(String(64), unique=True)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    student_ids: Mapped[list[int]] = mapped_column(JSON)
    openid: Mapped[str | None] = mapped_column(String(64), index=True)
    name: Mapped[str | None] = mapped_column(Encrypted("students_invitation.name"))
    phone: Mapped[str | None] = mapped_column(Encrypted("students_invitation.phone"))
    status: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Review(Base):
    """资料变更: a detail that somebody changes about themselves, at once or once staff agree (S4).

    `field` is a key of `details.FIELDS`. What was done at once is kept too, so that it can be taken
    back. `before` and `after` are personal, hence ciphertext.
    """

    __tablename__ = "students_review"
    __table_args__ = (
        Index("ix_students_review_status_id", "status", "id"),
        Index("ix_students_review_openid_id", "openid", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(String(30))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("students_student.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64))
    before: Mapped[str] = mapped_column(Encrypted("students_review.before"))
    after: Mapped[str] = mapped_column(Encrypted("students_review.after"))
    reason: Mapped[str] = mapped_column(Encrypted("students_review.reason"))
    status: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    source_key: Mapped[str] = mapped_column(String(120), unique=True)
