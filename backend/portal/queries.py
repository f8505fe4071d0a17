"""What one person may see of themselves, gathered from the rooms."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.finance import queries as finance
from backend.finance import service as payments
from backend.finance.schemas import LessonBalance, OrderStatus, OrderView
from backend.kit import clock
from backend.kit.log import mask_phones
from backend.outbox import queries as outbox
from backend.outbox.schemas import DeliveryView, KindWish, NoticeKind, Recipient, SubscriptionView
from backend.reminders import queries as reminders
from backend.security import queries as security
from backend.security import words
from backend.security.schemas import Speaker
from backend.students import bindings
from backend.students import queries as students
from backend.students.file import consents
from backend.students.schemas import Child, Companion
from backend.teaching import queries as teaching
from backend.teaching.schemas import LessonView

AHEAD = timedelta(days=14)
MOST_LESSONS = 4
MOST_ORDERS = 5
MOST_MESSAGES = 8


class ChildPart(BaseModel):
    """One child's lessons to come, soonest first, and lessons left per course name."""

    model_config = ConfigDict(frozen=True)

    child: Child
    lessons: list[LessonView]
    balances: list[tuple[str, LessonBalance]]


class OrderPart(BaseModel):
    """An order, and where to pay it while that is possible."""

    model_config = ConfigDict(frozen=True)

    order: OrderView
    pay_url: str | None


class Mine(BaseModel):
    """「我的」 of one person; `taught` is what a teacher gives."""

    model_config = ConfigDict(frozen=True)

    speaker: Speaker
    children: list[ChildPart]
    taught: list[LessonView]
    orders: list[OrderPart]
    known: "Known"


def mine(session: Session, openid: str) -> Mine:
    """Everything for the page. The ids come from the identity behind the openid alone."""
    speaker, now = security.speaker(session, openid), clock.now()
    children = learners(session, speaker)
    ids = [child.id for child in children]
    lessons = (
        teaching.lessons_of_students(session, ids, from_at=now, to_at=now + AHEAD) if ids else []
    )
    balances = finance.lessons_left(session, student_ids=ids) if ids else []
    names = {id_: name for name, id_ in teaching.catalogue(session).courses.items()}
    taught: list[LessonView] = []
    if speaker.account_id is not None:
        taught = teaching.lessons_of_teacher(
            session, speaker.account_id, from_at=now, to_at=now + AHEAD, limit=MOST_LESSONS
        )
    orders = finance.orders_of(session, openid=openid, limit=MOST_ORDERS)
    return Mine(
        speaker=speaker,
        children=[
            ChildPart(
                child=child,
                lessons=[each for each in lessons if each.student_id == child.id][:MOST_LESSONS],
                balances=[
                    (names.get(each.course_id, "课程"), each)
                    for each in balances
                    if each.student_id == child.id
                ],
            )
            for child in children
        ],
        taught=taught,
        orders=[OrderPart(order=order, pay_url=_pay_url(order, openid)) for order in orders],
        known=known(session, openid),
    )


class Messages(BaseModel):
    """「消息设置」 of one person."""

    model_config = ConfigDict(frozen=True)

    wishes: list[KindWish]
    subscriptions: list[SubscriptionView]
    includes: dict[NoticeKind, list[str]]
    always: tuple[tuple[str, str], ...]
    latest: list[DeliveryView]


def messages(session: Session, openid: str) -> Messages:
    """What somebody wants to be told, and what they agreed to in WeChat."""
    speaker = security.speaker(session, openid)
    return Messages(
        wishes=outbox.wishes(session, recipient(session, speaker)),
        subscriptions=outbox.subscriptions(
            session, openid, is_staff=speaker.account_id is not None
        ),
        includes=reminders.names_by_notice(is_staff=speaker.account_id is not None),
        always=outbox.always_told(),
        latest=outbox.latest_of(session, openid, limit=MOST_MESSAGES),
    )


class Known(BaseModel):
    """What we know of somebody, in short: `consents` as people read them, `wechats` all of the
    person's and of their children's other guardians."""

    model_config = ConfigDict(frozen=True)

    name: str
    role: str
    masked_phone: str
    is_phone_proven: bool
    children: list[str]
    bound_at: datetime | None
    consents: list[str]
    wechats: list[Companion]


def known(session: Session, openid: str) -> Known:
    """「我的信息」 of one person. The whole file is handed out elsewhere."""
    speaker, identity = security.speaker(session, openid), security.identity(session, openid)
    name, phone, roles = speaker.name or "", "", []
    if speaker.guardian_id is not None:
        name, phone = students.guardian_for_contract(session, speaker.guardian_id)
        roles.append("家长")
    if speaker.student_id is not None:
        roles.append("学员")
    if speaker.role is not None:
        roles.append(words.ROLES[speaker.role])
        phone = phone or security.recipient_of(session, speaker.account_id or 0).phone or ""
    children = learners(session, speaker)
    if speaker.guardian_id is None and speaker.student_id is not None:
        name = name or children[0].name
    return Known(
        name=name,
        role="、".join(roles) or "还没有绑定的访客",
        masked_phone=mask_phones(phone),
        is_phone_proven=bindings.has_proven_phone(session, speaker),
        children=[child.name for child in children] if speaker.guardian_id else [],
        bound_at=identity.bound_at if identity and speaker.is_known else None,
        consents=[
            f"{each.wording.title}（{clock.local(each.given_at):%Y年%m月%d日}）"
            for each in consents.standings(session, speaker)
            if each.given_at is not None
        ],
        wechats=bindings.companions(session, openid),
    )


def recipient(session: Session, speaker: Speaker) -> Recipient:
    """Every address of a person that is known to be theirs: a phone that was only typed into a chat
    is perhaps somebody else's, and nobody silences others."""
    phone = None
    if speaker.guardian_id is not None and bindings.has_proven_phone(session, speaker):
        phone = students.guardian_for_contract(session, speaker.guardian_id)[1]
    elif speaker.account_id is not None and speaker.guardian_id is None:
        phone = security.recipient_of(session, speaker.account_id).phone
    return Recipient(openid=speaker.openid, phone=phone)


def learners(session: Session, speaker: Speaker) -> list[Child]:
    """A guardian's children, or a learner of age themselves."""
    if speaker.guardian_id is not None:
        return students.children_of(session, speaker.guardian_id)
    if speaker.student_id is not None:
        return [students.student(session, speaker.student_id)]
    return []


def _pay_url(order: OrderView, openid: str) -> str | None:
    is_open = order.status is OrderStatus.PENDING and order.expires_at > clock.now()
    return payments.pay_link(number=order.number, openid=openid) if is_open else None
