"""Contracts are made as a family agrees, and sent when they take effect."""

import hashlib
import secrets
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.contracts import terms
from backend.admissions.contracts.models import Contract
from backend.admissions.models import SignUp
from backend.admissions.schemas import SignUpStatus
from backend.finance.prices import queries as prices
from backend.finance.schemas import OrderView
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.errors import NotFound
from backend.kit.links import page_in_wechat
from backend.kit.money import yuan
from backend.logistics import queries as places
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security.permissions import may
from backend.security.schemas import Permission, Speaker
from backend.teaching.schemas import ClassOffer

WEEKDAYS = "一二三四五六日"


def conclude(
    session: Session,
    *,
    signed: SignUp,
    offer: ClassOffer | None,
    name: str,
    campus_id: int | None,
    order: OrderView,
    source_key: str,
) -> Contract:
    """Write down what was agreed to just now. The same terms of the same sign-up are one contract,
    however often they are agreed to; other ones are another, and the latest holds. Without a class
    (`offer`) `name` is the package, and time, place and teacher are agreed on when one is found."""
    latest = _latest(session, signed.id)
    if latest is not None and latest.source_key == source_key:
        return latest
    now, number = clock.now(), _new_number()
    filled = _filled(session, signed, order, number)
    if offer is not None:
        filled = _in_class(session, filled, offer)
    else:
        filled = _without_class(session, filled, name, campus_id)
    document = terms.document(filled)
    row = Contract(
        number=number,
        sign_up_id=signed.id,
        version=terms.VERSION,
        document=document,
        digest=digest_of(document),
        agreed_at=now,
        source_key=source_key,
    )
    session.add(row)
    session.flush()
    return row


def send(session: Session, *, signed: SignUp) -> None:
    """Send the contract of a paid sign-up to its family, once."""
    row = _latest(session, signed.id)
    if row is None:
        return
    outbox.post(
        session,
        to=Recipient(openid=signed.openid, phone=signed.phone, name=signed.guardian_name),
        notice=Notice(
            template="contract_effective",
            values={"number": row.number, "child": signed.child_name},
            url=page_in_wechat(f"/contracts/{row.number}"),
        ),
        dedupe_key=f"contract:{row.id}",
    )


def shown_to(session: Session, speaker: Speaker, number: str) -> tuple[Contract, SignUpStatus]:
    """A contract, for the WeChat that agreed to it, the learner's own guardian, and staff who see
    payments; and where its sign-up stands. Raises NotFound for anybody else."""
    row = session.scalars(select(Contract).where(Contract.number == number)).one_or_none()
    if row is None:
        raise NotFound()
    signed = session.get_one(SignUp, row.sign_up_id)
    is_own = speaker.openid != "" and speaker.openid == signed.openid
    if not is_own and not may(speaker.role, Permission.SEE_PAYMENTS):
        raise NotFound()
    latest = _latest(session, signed.id)
    is_latest = latest is not None and latest.id == row.id
    return row, SignUpStatus(signed.status) if is_latest else SignUpStatus.CLOSED


def digest_of(document: str) -> str:
    """The fingerprint of a text."""
    return hashlib.sha256(document.encode()).hexdigest()


def _latest(session: Session, sign_up_id: int) -> Contract | None:
    query = select(Contract).where(Contract.sign_up_id == sign_up_id).order_by(Contract.id.desc())
    return session.scalars(query.limit(1)).one_or_none()


def _in_class(session: Session, filled: terms.Filled, offer: ClassOffer) -> terms.Filled:
    campus = next(each for each in places.campuses(session) if each.id == offer.campus_id)
    times = "、".join(
        f"周{WEEKDAYS[slot.weekday]}{slot.start:%H:%M}（{slot.minutes}分钟）"
        for slot in offer.weekly
    )
    return replace(
        filled,
        course=offer.course_name,
        class_name=offer.name,
        campus=campus.name,
        address=campus.address,
        teacher=offer.teacher_name,
        times=times or "以课表为准",
        starts_on=f"{offer.starts_on:%Y年%m月%d日}",
    )


def _without_class(
    session: Session, filled: terms.Filled, name: str, campus_id: int | None
) -> terms.Filled:
    campus = next((each for each in places.campuses(session) if each.id == campus_id), None)
    return replace(
        filled,
        course=name,
        class_name="付款后由乙方选定",
        campus=campus.name if campus else "甲方各校区",
        address=campus.address if campus else "以公众号公示的校区地址为准",
        teacher="选定班级时告知乙方",
        times="选定班级时与乙方约定",
        starts_on="选定班级时与乙方约定",
    )


def _filled(session: Session, signed: SignUp, order: OrderView, number: str) -> terms.Filled:
    lessons = sum(line.lesson_count for line in order.lines)
    tuition = sum(line.net_fen for line in order.lines if not line.is_material)
    steps = prices.steps_of(session, order.id)
    return terms.Filled(
        house=settings().institution_name,
        number=number,
        child=signed.child_name,
        grade=signed.grade or "未填",
        guardian=signed.guardian_name,
        phone=signed.phone,
        lines=[(line.description, yuan(line.list_fen)) for line in order.lines],
        lessons=str(lessons),
        per_lesson=yuan((2 * tuition + lessons) // (2 * lessons)) if lessons else "—",
        steps=[(each.label, yuan(each.amount_fen)) for each in steps if each.occasion != "list"],
        total=yuan(order.total_fen),
        agreed_at=f"{clock.local(clock.now()):%Y年%m月%d日 %H:%M:%S}",
        how="在对话中查看本合同和报名信息后回复「同意」",
    )


def _new_number() -> str:
    """Today and eight random digits: readable over the phone, not to be guessed."""
    return f"HT{clock.today():%Y%m%d}{secrets.randbelow(10**8):08d}"
