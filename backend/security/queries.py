"""Reads of the security room."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, case, exists, func, select
from sqlalchemy.orm import Session

from backend.gateways import visitors
from backend.kit import crypto
from backend.kit.db import is_there
from backend.outbox import queries as outbox
from backend.outbox.schemas import Recipient
from backend.security import rules
from backend.security.models import Account, Code, Scan, WechatIdentity
from backend.security.schemas import (
    Audience,
    CodeKind,
    CodeView,
    IdentityView,
    Role,
    Speaker,
    StaffMember,
)


def speaker(session: Session, openid: str) -> Speaker:
    """Who speaks from an openid. An account that is no longer active speaks for nobody (X2), and
    nobody speaks from a WeChat that was reported stolen (C4)."""
    identity = session.get(WechatIdentity, openid)
    if identity is None or identity.frozen_at is not None:
        return Speaker(openid=openid, is_frozen=identity is not None)
    account = session.get(Account, identity.account_id) if identity.account_id else None
    account = account if account and account.is_active else None
    return Speaker(
        openid=openid,
        account_id=account.id if account else None,
        role=Role(account.role) if account else None,
        name=account.name if account else None,
        guardian_id=identity.guardian_id,
        student_id=identity.student_id,
    )


def staff_with_role(
    session: Session, role: Role, *, campus_id: int | None = None
) -> list[StaffMember]:
    """Active staff of a role, those of the campus first, then those of no campus, by id.

    With a campus, staff of other campuses are left out; without one, everybody counts.
    """
    found = _staff(session, Account.role == role, Account.is_active.is_(True))
    if campus_id is None:
        return found
    here = [member for member in found if member.campus_id == campus_id]
    return here + [member for member in found if member.campus_id is None]


def staff_with_roles(session: Session, roles: Collection[Role]) -> list[StaffMember]:
    """Active staff of any of these roles, by id."""
    return _staff(session, Account.role.in_(roles), Account.is_active.is_(True))


def everybody(session: Session) -> list[StaffMember]:
    """All accounts, also former ones, by id."""
    return list({member.id: member for member in _staff(session)}.values())


def staff_members(session: Session, account_ids: set[int]) -> dict[int, StaffMember]:
    """Accounts by id, also former ones: history keeps its names."""
    return {member.id: member for member in _staff(session, Account.id.in_(account_ids))}


def staff_member(session: Session, account_id: int) -> StaffMember | None:
    """One active member of staff; None for whoever has left or never was."""
    found = _staff(session, Account.id == account_id, Account.is_active.is_(True))
    return found[0] if found else None


def staff_behind(session: Session, openid: str) -> StaffMember | None:
    """The active member of staff whose WeChat this is, if any."""
    of_openid = select(WechatIdentity.account_id).where(
        WechatIdentity.openid == openid, WechatIdentity.frozen_at.is_(None)
    )
    found = _staff(session, Account.id.in_(of_openid), Account.is_active.is_(True))
    return found[0].model_copy(update={"openid": openid}) if found else None


def recipient_of(session: Session, account_id: int) -> Recipient:
    """How to reach a member of staff: WeChat first, then the phone on file. Who has left is told
    nothing any more (X2); what was meant for them becomes a task for those who are here."""
    account = session.get_one(Account, account_id)
    if not account.is_active:
        return Recipient(name=account.name)
    openid = session.scalar(
        select(WechatIdentity.openid)
        .where(WechatIdentity.account_id == account_id, WechatIdentity.frozen_at.is_(None))
        .limit(1)
    )
    return Recipient(openid=openid, phone=account.phone, name=account.name)


def is_frozen(session: Session, openid: str) -> bool:
    """Whether a WeChat was reported stolen and not given back since."""
    frozen = select(WechatIdentity.openid).where(
        WechatIdentity.openid == openid, WechatIdentity.frozen_at.is_not(None)
    )
    return session.scalar(frozen) is not None


def identity(session: Session, openid: str) -> IdentityView | None:
    """Whom a WeChat speaks for, frozen or not."""
    row = session.get(WechatIdentity, openid)
    return IdentityView.model_validate(row) if row else None


def identities_of(
    session: Session,
    *,
    guardian_ids: Collection[int] = (),
    student_ids: Collection[int] = (),
    account_ids: Collection[int] = (),
) -> list[IdentityView]:
    """Every WeChat that speaks for any of these, the oldest binding first."""
    query = select(WechatIdentity).where(
        WechatIdentity.guardian_id.in_(guardian_ids)
        | WechatIdentity.student_id.in_(student_ids)
        | WechatIdentity.account_id.in_(account_ids)
    )
    rows = session.scalars(query.order_by(WechatIdentity.created_at, WechatIdentity.openid))
    return [IdentityView.model_validate(row) for row in rows]


def staff_by_phone(session: Session, phone: str) -> list[StaffMember]:
    """Active staff with this phone on file."""
    indexes = crypto.blind_indexes(phone, context="phone")
    return _staff(session, Account.phone_index.in_(indexes), Account.is_active.is_(True))


def openids_of(
    session: Session, *, guardian_ids: Collection[int], student_ids: Collection[int] = ()
) -> list[str]:
    """The WeChats that speak for these guardians and learners."""
    query = select(WechatIdentity.openid).where(
        WechatIdentity.guardian_id.in_(guardian_ids) | WechatIdentity.student_id.in_(student_ids)
    )
    return list(session.scalars(query.order_by(WechatIdentity.openid)))


def openids_of_guardians(session: Session, guardian_ids: Collection[int]) -> dict[int, str]:
    """The WeChat in which each guardian is told things, by guardian; who has none is left out."""
    rows = session.execute(
        select(WechatIdentity.guardian_id, WechatIdentity.openid)
        .where(WechatIdentity.guardian_id.in_(guardian_ids))
        .order_by(WechatIdentity.unfollowed_at.is_not(None), WechatIdentity.openid.desc())
    ).all()
    found: dict[int, str] = {}
    for guardian_id, openid in rows:
        if guardian_id is not None:
            found.setdefault(guardian_id, openid)
    return found


def codes(session: Session) -> list[CodeView]:
    """All codes that hang somewhere, by kind and subject."""
    printed = select(Code).where(Code.kind.not_in((CodeKind.WEB, CodeKind.REFERRAL)))
    rows = session.scalars(printed.order_by(Code.kind, Code.subject))
    return [CodeView.model_validate(row) for row in rows]


def origin_named(session: Session, *names: str) -> CodeView | None:
    """The channel or campaign that the first fitting name stands for, by its short name or by its
    scene; None for names that nobody has made a code of."""
    wanted = [name for name in names if rules.SCENE.fullmatch(name)]
    if not wanted:
        return None
    query = select(Code).where(
        Code.kind.in_(rules.ORIGINS), Code.subject.in_(wanted) | Code.scene.in_(wanted)
    )
    found = {name: row for row in session.scalars(query) for name in (row.subject, row.scene)}
    named = next((found[name] for name in wanted if name in found), None)
    return CodeView.model_validate(named) if named else None


def touches(session: Session, openid: str) -> tuple[CodeView, CodeView] | None:
    """The first and the last code that told where somebody came from; None without any."""
    query = (
        select(Code)
        .join(Scan, Scan.code_id == Code.id)
        .where(Scan.openid == openid, Code.kind.in_(rules.ORIGINS))
    )
    first = session.scalars(query.order_by(Scan.at, Scan.id).limit(1)).one_or_none()
    last = session.scalars(query.order_by(Scan.at.desc(), Scan.id.desc()).limit(1)).one_or_none()
    if first is None or last is None:
        return None
    return CodeView.model_validate(first), CodeView.model_validate(last)


def people_met(
    session: Session, from_at: datetime, to_at: datetime
) -> dict[tuple[bool, str | None, str | None], int]:
    """How many people came to us for the first time in an interval, by (whether on our website,
    kind, subject of the code they came by first); staff count like anybody."""
    on_website = WechatIdentity.openid.startswith(visitors.PREFIX)
    query = (
        select(on_website, Code.kind, Code.subject, func.count())
        .select_from(WechatIdentity)
        .outerjoin(Code, Code.scene == WechatIdentity.scene)
        .where(WechatIdentity.created_at >= from_at, WechatIdentity.created_at < to_at)
        .group_by(on_website, Code.kind, Code.subject)
    )
    return {(bool(web), kind, subject): n for web, kind, subject, n in session.execute(query)}


def accounts_of(session: Session, campus_id: int) -> list[int]:
    """Everybody of a campus, also who has left: history counts them where they were."""
    return list(session.scalars(select(Account.id).where(Account.campus_id == campus_id)))


def first_met_at(session: Session) -> datetime | None:
    """When the first of all people came."""
    return session.scalar(select(func.min(WechatIdentity.created_at)))


def tags_due(session: Session, *, limit: int) -> list[tuple[str, str | None, str | None]]:
    """Openids whose menu is not that of their audience: (openid, audience, what it is now). The
    website's visitors have no menu."""
    audience = case(
        (Account.role == Role.TEACHER, Audience.TEACHER.value),
        (Account.id.is_not(None), Audience.STAFF.value),
        (
            WechatIdentity.guardian_id.is_not(None) | WechatIdentity.student_id.is_not(None),
            Audience.FAMILY.value,
        ),
        else_=None,
    )
    query = (
        select(WechatIdentity.openid, audience, WechatIdentity.menu_tag)
        .outerjoin(Account, (Account.id == WechatIdentity.account_id) & Account.is_active.is_(True))
        .where(
            WechatIdentity.unfollowed_at.is_(None),
            ~WechatIdentity.openid.startswith(visitors.PREFIX),
            audience.is_distinct_from(WechatIdentity.menu_tag),
            WechatIdentity.menu_tag.is_distinct_from(rules.ABSENT),
        )
        .order_by(WechatIdentity.openid)
        .limit(limit)
    )
    return [(openid, wanted, now) for openid, wanted, now in session.execute(query)]


def guardian_heard(guardian_id: SQLColumnExpression[int], at: datetime) -> ColumnElement[bool]:
    """Whether a guardian was heard of since, from any WeChat: a condition on a column of ids."""
    return exists().where(
        WechatIdentity.guardian_id == guardian_id, outbox.heard_since(WechatIdentity.openid, at)
    )


def student_heard(student_id: SQLColumnExpression[int], at: datetime) -> ColumnElement[bool]:
    """Whether a learner was heard of since: a condition on a column of ids."""
    return is_there(
        WechatIdentity.student_id == student_id, outbox.heard_since(WechatIdentity.openid, at)
    )


def _staff(session: Session, *conditions: object) -> list[StaffMember]:
    rows = session.execute(
        select(
            Account.id,
            Account.name,
            Account.role,
            Account.campus_id,
            WechatIdentity.openid,
        )
        .outerjoin(
            WechatIdentity,
            (WechatIdentity.account_id == Account.id) & WechatIdentity.frozen_at.is_(None),
        )
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(Account.id, WechatIdentity.openid)
    )
    found: dict[int, StaffMember] = {}
    for row in rows:
        found.setdefault(row.id, StaffMember.model_validate(row))
    return list(found.values())
