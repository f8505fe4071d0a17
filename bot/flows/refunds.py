"""退费: which order, why, what goes back and how it is reckoned, yes or no (F-refund; C2).

Only ever the payer's own orders. The sum comes from finance, never from the message.
"""

import re

from backend.finance import queries as finance
from backend.finance import refund_reads, refund_reckoning
from backend.finance import refunds as desk
from backend.finance.refund_words import (
    NothingToRefund,
    RefundCause,
    RefundDecided,
    RefundOpen,
    RefundStatus,
    RefundView,
)
from backend.finance.schemas import OrderStatus, OrderView
from backend.kit.errors import NotFound
from backend.security.permissions import may
from backend.security.schemas import Permission, Role, StaffMember
from backend.security.service import personal_link
from backend.students import queries as students
from bot.flows import form, people
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.phrases import refunds as phrases
from bot.phrases import staff, tickets
from bot.replies import Reply, say, show

APPROVALS = "/refunds"
_PROGRESS = re.compile(
    r"^(?:请?[问查看]*一?下?)?(?:我的)?退[费款钱](?:的?进度|到哪一?步?了?|怎么样了?|[好批]了?[没吗]?有?|申请呢)+[?？呢啊了吗]*$"
    r"|^退[费款](?:多久|什么时候)(?:能)?到账"
)
_BACK = re.compile(
    r"^(?:我|那|还是|先|请|想|要)*(?:撤回|撤销|取消|不要?|别)(?:申请)?退[费款]?(?:了|吧|申请)*$"
)
_YES = re.compile(
    r"^(?:好的?|嗯+|是的?|对|行|可以|没问题|确认|确定|同意|就这样|申请|提交|退吧?)+(?:退[费款]|申请|提交|吧|了|的)*$"
)
_NUMBER = re.compile(r"^第?([1-9一二两三四五])个?[.。、]?$")
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_OURS = re.compile(
    r"你们|老师|不满意|停课|搬[走迁]|换老师|质量|态度|教得|没效果|承诺|关门|停业|校区"
)
_NOBODY = re.compile(r"生病|住院|手术|骨折|搬家|转学|出国|意外|去世|过敏|身体")


def begin(talk: Talk) -> Reply:
    """「我要退费」: an open refund is told of; else the form. Who has paid nothing here is passed
    to an accountant: it may have been paid at the desk."""
    under_way = _open(talk)
    if under_way is not None:
        return say(phrases.progress(under_way))
    if not _paid(talk) and may(talk.speaker.role, Permission.APPROVE_REFUND):
        return _approvals(talk)
    if not _paid(talk):
        return people.pass_to(Role.ACCOUNTANT)(talk)
    return form.start(talk, FORM)


def to_approve(talk: Talk, member: StaffMember) -> Reply | None:
    """The page of the refunds that wait for this member of staff; None without any."""
    return _approvals(talk) if refund_reads.waiting_for(talk.session, member) else None


def _approvals(talk: Talk) -> Reply:
    link = personal_link(talk.openid, APPROVALS)
    return show(title=staff.REFUNDS_TITLE, description=staff.REFUNDS, url=link)


def heard(talk: Talk) -> Reply | None:
    """「退费进度」 and 「撤回退费」; None for everything else. Who has no refund may have asked a
    person for one, and hears where that stands."""
    asks, takes_back = _PROGRESS.search(talk.plain), _BACK.match(talk.plain)
    if not asks and (not takes_back or talk.state.flow == FORM.name):
        return None
    found = refund_reads.latest_of(talk.session, talk.openid)
    if found is None:
        if not asks or talk.speaker.account_id is not None:
            return None
        passed = [t for t in students.tickets_of(talk.session, talk.openid) if "退" in t.text]
        return say(tickets.listed(passed) if passed else phrases.NONE)
    if asks:
        return say(phrases.progress(found))
    try:
        withdrawn = desk.withdraw(talk.session, openid=talk.openid)
    except NotFound:
        return say(phrases.progress(found))
    except RefundDecided:
        return say(phrases.TOO_LATE.format(number=found.number))
    return say(phrases.WITHDRAWN.format(number=withdrawn.number))


def _open(talk: Talk) -> RefundView | None:
    found = refund_reads.latest_of(talk.session, talk.openid)
    under_way = (RefundStatus.ASKED, RefundStatus.APPROVED, RefundStatus.STUCK)
    return found if found and found.status in under_way else None


def _paid(talk: Talk) -> list[OrderView]:
    found = finance.orders_of(talk.session, openid=talk.openid, limit=10)
    return [order for order in found if order.status is OrderStatus.PAID][:5]


def _ask_order(talk: Talk) -> Reply:
    return say(phrases.ask_order(_paid(talk)))


def _one_order(talk: Talk) -> bool:
    paid = _paid(talk)
    if len(paid) == 1:
        talk.state.slots["order"] = paid[0].number
    return len(paid) == 1


def _read_order(talk: Talk, text: str) -> Read:
    paid = _paid(talk)
    for order in paid:
        if order.number in text:
            return Value(order.number)
    chosen = _chosen(text)
    if chosen is not None:
        return Value(paid[chosen - 1].number) if chosen <= len(paid) else Unfit(
            phrases.ask_order(paid), sure=True
        )  # fmt: skip
    named = [o for o in paid if any(word in o.lines[0].description for word in _words(talk))]
    return Value(named[0].number) if len(named) == 1 else None


def _words(talk: Talk) -> list[str]:
    return [each.value for each in talk.named if each.name in ("course", "subject") and each.value]


def _read_cause(_talk: Talk, text: str) -> Read:
    chosen = _chosen(text)
    causes = list(phrases.CAUSES)
    if chosen is not None:
        if chosen > len(causes):
            return Unfit(phrases.ask_cause(), sure=True)
        return Value([causes[chosen - 1], phrases.CAUSES[causes[chosen - 1]]])
    if len(text.strip()) < 2:
        return None
    if _OURS.search(text):
        return Value([RefundCause.INSTITUTION, text.strip()], sure=False)
    if _NOBODY.search(text):
        return Value([RefundCause.NEITHER, text.strip()], sure=False)
    return Value([RefundCause.CUSTOMER, text.strip()], sure=False)


def _chosen(text: str) -> int | None:
    match = _NUMBER.match(text.strip())
    if match is None:
        return None
    return _DIGITS.get(match.group(1)) or int(match.group(1))


def _ask_yes(talk: Talk) -> Reply:
    slots = talk.state.slots
    try:
        quote = refund_reckoning.reckon(
            talk.session,
            number=slots["order"],
            openid=talk.openid,
            cause=RefundCause(slots["cause"][0]),
        )
    except NothingToRefund:
        talk.state.leave()
        return say(phrases.NOTHING_LEFT)
    return say(phrases.reckoning(quote), ("确认退费", "算了"))


def _read_yes(_talk: Talk, text: str) -> Read:
    return Value(True) if _YES.match(text.strip(" 。.!！~")) else None


def _finish(talk: Talk) -> Reply:
    slots = dict(talk.state.slots)
    talk.state.leave()
    try:
        refund = desk.ask(
            talk.session,
            number=slots["order"],
            openid=talk.openid,
            cause=RefundCause(slots["cause"][0]),
            reason=slots["cause"][1],
            source_key=talk.source_key,
        )
    except RefundOpen:
        under_way = _open(talk)
        return say(phrases.progress(under_way)) if under_way else begin(talk)
    return say(phrases.asked(refund))


FORM = Form(
    name="request_refund",
    steps=(
        Step("order", ("订单",), _ask_order, _read_order, skip=_one_order),
        Step("cause", ("原因",), lambda _talk: say(phrases.ask_cause()), _read_cause),
        Step("yes", ("确认",), _ask_yes, _read_yes, confirms=True),
    ),
    finish=_finish,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
)
