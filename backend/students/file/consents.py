"""同意 Consents: for which purposes, in which words, and what follows when one is withdrawn.

PIPL §14 (plain, informed, anew when the purpose changes), §15 (withdrawal as easy as giving), §29
and §31 (separately for sensitive data and for children under 14). A purpose's text changes only
together with its version; `covers` lists earlier versions that say the same in other words.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.security import queries as security
from backend.security.schemas import Speaker
from backend.security.service import audit
from backend.students.models import Consent, Guardianship, Student
from backend.students.schemas import PRIVACY_NOTICE, PRIVACY_NOTICE_VERSION


class Purpose(StrEnum):
    """What a consent is for. The first one keeps the name under which sign-up files it."""

    SERVICE = PRIVACY_NOTICE  # 服务合同
    CHILD = "child_information"  # 儿童个人信息
    HEALTH = "health"  # 健康信息
    MARKETING = "marketing"  # 优惠活动消息
    MEDIA = "media"  # 照片和视频
    SHARING = "sharing"  # 提供给合作方


@dataclass(frozen=True)
class Wording:
    """One purpose in words: what is agreed to, and what happens after a withdrawal."""

    title: str
    version: str
    text: str
    stops: str
    goes_on: str
    covers: tuple[str, ...] = ()


WORDINGS: Mapping[Purpose, Wording] = {
    Purpose.SERVICE: Wording(
        title="报名和上课所需的信息",
        version=PRIVACY_NOTICE_VERSION,
        text="为报名、收费、排课、通知和开票，保存孩子的姓名年级、您的姓名和手机号，以及上课和缴费记录。",
        stops="不再为新的报名使用这些信息。",
        goes_on="已付款的课程会按合同上完，合同和收费记录依照《会计法》《民法典》继续保存。"
        "想连同资料一起删除，请发送「删除我的资料」。",
    ),
    Purpose.CHILD: Wording(
        title="不满14周岁孩子的个人信息",
        version="2026-11",
        text="您作为监护人，单独同意我们处理孩子的个人信息，仅用于教学服务，员工查看敏感内容要说明理由并留痕。",
        stops="不再新增孩子的信息，也不再办理新的报名。",
        goes_on="正在上的课所必需的点名和课时记录会继续，因为履行合同需要。"
        "想删除孩子的资料，请发送「删除我的资料」。",
    ),
    Purpose.HEALTH: Wording(
        title="健康情况",
        version="2026-11",
        text="保存您告诉我们的过敏、用药等健康情况，只用于上课时照顾孩子，只有任课和教务老师可以查看。",
        stops="孩子的健康情况马上删除，老师不会再看到。",
        goes_on="课程照常。孩子有需要特别照顾的地方，请当面告诉老师。",
    ),
    Purpose.MARKETING: Wording(
        title="优惠活动消息",
        version="2026-11",
        text="给您发送新课、优惠和校园活动的消息，随时可以退订。",
        stops="不再给您发送优惠活动消息。",
        goes_on="上课提醒和付款通知不受影响，因为这是服务的一部分。",
    ),
    Purpose.MEDIA: Wording(
        title="照片和视频",
        version="2026-11",
        text="在课堂展示和宣传中使用孩子的照片、视频和作品，不标注全名。",
        stops="不再拍摄和新发布孩子的照片、视频，已发布在我们账号里的会撤下。",
        goes_on="课程照常。他人已经转发的内容，我们会要求对方删除，但无法保证。",
    ),
    Purpose.SHARING: Wording(
        title="提供给合作方",
        version="2026-11",
        text="为参加比赛、考级、研学，把孩子的姓名、年级和您的联系方式提供给主办方，每次会告诉您对方是谁。",
        stops="不再把信息提供给任何合作方。",
        goes_on="已经报上名的活动，请向主办方提出删除，需要协助请发送「转人工」。",
    ),
}
WAYS: Mapping[str, str] = {"chat": "对话中同意", "tap": "页面点选", "paper": "纸质签署"}


@dataclass(frozen=True)
class Standing:
    """How somebody stands to a purpose now: `version` and `given_at` of the consent that holds."""

    purpose: Purpose
    wording: Wording
    is_given: bool
    is_outdated: bool
    version: str | None
    given_at: datetime | None
    way: str | None


def may(
    session: Session,
    purpose: Purpose,
    *,
    student_id: int | None = None,
    guardian_id: int | None = None,
) -> bool:
    """Whether a purpose is covered by a consent that holds: one guardian's is enough for a learner,
    and their own for one of age, who has no guardian. Every feature that needs one asks here."""
    wording = WORDINGS[purpose]
    query = select(Consent.id).where(
        Consent.purpose == purpose,
        Consent.version.in_((wording.version, *wording.covers)),
        Consent.withdrawn_at.is_(None),
    )
    if student_id is None:
        return session.scalar(query.where(Consent.guardian_id == guardian_id).limit(1)) is not None
    guardians = select(Guardianship.guardian_id).where(Guardianship.student_id == student_id)
    of_guardians = query.where(Consent.guardian_id.in_(guardians))
    if session.scalar(of_guardians.limit(1)) is not None:
        return True
    if session.scalar(guardians.limit(1)) is not None:
        return False  # A child's own word does not take the place of a guardian's.
    openids = security.openids_of(session, guardian_ids=[], student_ids=[student_id])
    return session.scalar(query.where(Consent.openid.in_(openids)).limit(1)) is not None


def agreed_to_marketing(session: Session, persons: Collection[str]) -> set[str]:
    """`may(Purpose.MARKETING)` for many (`guardian:5`, `student:7`), by three statements. Whoever
    is on no file has agreed to nothing."""
    ids: dict[str, set[int]] = {"guardian": set(), "student": set()}
    for kind, _, number in (each.partition(":") for each in persons):
        if kind in ids:
            ids[kind].add(int(number))
    pairs = select(Guardianship.student_id, Guardianship.guardian_id).where(
        Guardianship.student_id.in_(ids["student"])
    )
    guarded: dict[int, set[int]] = {}
    for student_id, guardian_id in session.execute(pairs):
        guarded.setdefault(student_id, set()).add(guardian_id)
    alone = ids["student"] - set(guarded)
    own = {
        each.openid: each.student_id
        for each in security.identities_of(session, student_ids=alone)
        if each.student_id is not None
    }
    asked = {*ids["guardian"], *(one for some in guarded.values() for one in some)}
    wording = WORDINGS[Purpose.MARKETING]
    given = session.execute(
        select(Consent.guardian_id, Consent.openid).where(
            Consent.purpose == Purpose.MARKETING,
            Consent.version.in_((wording.version, *wording.covers)),
            Consent.withdrawn_at.is_(None),
            or_(Consent.guardian_id.in_(asked), Consent.openid.in_(own)),
        )
    ).all()
    by_guardian = {guardian_id for guardian_id, _ in given}
    found = {f"guardian:{each}" for each in ids["guardian"] & by_guardian}
    found |= {f"student:{each}" for each, some in guarded.items() if some & by_guardian}
    return found | {f"student:{own[openid]}" for _, openid in given if openid in own}


def standings(session: Session, speaker: Speaker) -> list[Standing]:
    """Every purpose with where this person stands, in the table's order. One statement."""
    query = select(Consent).where(_own(speaker), Consent.withdrawn_at.is_(None))
    newest: dict[str, Consent] = {}
    for row in session.scalars(query.order_by(Consent.id)):
        newest[row.purpose] = row
    found = []
    for purpose, wording in WORDINGS.items():
        held = newest.get(purpose)
        holds = held is not None and held.version in (wording.version, *wording.covers)
        found.append(
            Standing(
                purpose=purpose,
                wording=wording,
                is_given=holds,
                is_outdated=held is not None and not holds,
                version=held.version if held else None,
                given_at=held.given_at if held else None,
                way=held.way if held else None,
            )
        )
    return found


def give(session: Session, speaker: Speaker, purpose: Purpose, *, way: str) -> bool:
    """Agree to the present words of a purpose. False when that was done before."""
    wording = WORDINGS[purpose]
    query = select(Consent.id).where(
        _own(speaker),
        Consent.purpose == purpose,
        Consent.version == wording.version,
        Consent.withdrawn_at.is_(None),
    )
    if session.scalar(query.limit(1)) is not None:
        return False
    session.add(
        Consent(
            openid=speaker.openid,
            guardian_id=speaker.guardian_id,
            purpose=purpose,
            version=wording.version,
            way=way,
            given_at=clock.now(),
        )
    )
    session.flush()
    _audit(session, speaker, "consent.given", purpose, version=wording.version, way=way)
    return True


def withdraw(session: Session, speaker: Speaker, purpose: Purpose, *, way: str) -> bool:
    """Take a consent back, at every WeChat of this guardian; what rests on it stops in the same
    unit. False when there was none."""
    query = select(Consent).where(
        _own(speaker), Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
    )
    rows = session.scalars(query.with_for_update()).all()
    for row in rows:
        row.withdrawn_at, row.withdrawn_way = clock.now(), way
    session.flush()
    if not rows:
        return False
    if purpose is Purpose.HEALTH:
        _forget_health(session, speaker)
    _audit(session, speaker, "consent.withdrawn", purpose, way=way)
    return True


def adopt(session: Session, *, openid: str, guardian_id: int) -> None:
    """What was agreed to before there was a file belongs to its guardian now."""
    session.execute(
        update(Consent)
        .where(Consent.openid == openid, Consent.guardian_id.is_(None))
        .values(guardian_id=guardian_id)
    )


def _forget_health(session: Session, speaker: Speaker) -> None:
    """Health notes that no other guardian has agreed to."""
    query = (
        select(Student)
        .join(Guardianship, Guardianship.student_id == Student.id)
        .where(Guardianship.guardian_id == speaker.guardian_id, Student.health_note.is_not(None))
    )
    for row in session.scalars(query):
        if not may(session, Purpose.HEALTH, student_id=row.id):
            row.health_note = None
    session.flush()


def _own(speaker: Speaker) -> ColumnElement[bool]:
    if speaker.guardian_id is None:
        return Consent.openid == speaker.openid
    return or_(Consent.openid == speaker.openid, Consent.guardian_id == speaker.guardian_id)


def _audit(
    session: Session, speaker: Speaker, action: str, purpose: Purpose, **detail: str
) -> None:
    of = f"guardian:{speaker.guardian_id}" if speaker.guardian_id else f"wechat:{speaker.openid}"
    actor = f"wechat:{speaker.openid}"
    audit(session, actor=actor, action=action, subject=of, purpose=purpose.value, **detail)
