"""分期 and 欠费 by chat: what is owed, when it will be paid, paying it or some of it (F8–F10).

Read by patterns, since money has to work with the understanding away. Only ever about the speaker's
own family; staff see the list that their role may see.
"""

import re
from datetime import date

from backend.finance import queries as money
from backend.finance import service as payments
from backend.finance.arrears import plans, queries, rules, service
from backend.finance.arrears.schemas import PartView, PlanUnfit, PromiseUnfit
from backend.finance.schemas import OrderStatus, OrderView
from backend.kit import clock
from backend.kit.money import fen, yuan
from backend.security import queries as security
from backend.security.permissions import may
from backend.security.schemas import Permission
from backend.security.service import personal_link
from backend.students import queries as students
from bot.flows.talk import Talk
from bot.phrases import arrears as phrases
from bot.phrases import sign_up as pay_phrases
from bot.replies import Reply, say, show
from bot.times import Kind

PAGE = "/arrears"
_WHO = re.compile(
    r"谁.{0,4}(?:欠|没[交付缴])|欠[费款].{0,3}(?:名单|列表|情况|有哪些|多少|谁)|还有.{0,3}欠[费款]"
)
_OWN = re.compile(
    r"(?:我|我家|孩子|现在)?.{0,3}(?:还|一共|总共)?欠.{0,4}(?:多少|费|款|钱|吗)|我的分期"
    r"|还[差要].{0,4}(?:付|交|缴).{0,3}(?:多少|几期|吗)"
    r"|(?:下一期|下期|分期款?|剩下的[钱款]).{0,6}(?:多少|什么时候|哪天|几号)"
)
_PAYS = re.compile(
    r"^(?:我|现在|我要|我想|来|去|[，, ])*(?:付|交|缴|还)(?:一下)?"
    r"(?:分期|下一?期|第[二三四五六2-6]期|欠费|欠款|这一?期)(?:款|的?钱|费)?[吧了]*$"
)
_SOME = re.compile(
    r"^(?:我|现在|我?想|可以|能不能|[，, ])*先(?:付|交|缴)(?:一部分)?[，,：: ]*"
    r"(\d{1,6}(?:\.\d{1,2})?)(?:元|块钱?)?[吧了吗可以]*$"
)
_PROMISES = re.compile(
    r"(?:付|交|缴|给|转)(?:款|费|钱|清|齐|上|过来|的|吧|了|可以吗|行吗|行不行|好吗)*$"
)
_PLANS = re.compile(r"分(?:成)?([2-6二两三四五六])(?:期|次|个月)")
_PLANS_ANY = re.compile(
    r"^(?:我|想|可以|能|能不能|可不可以|请问|支持|[，, ])*分期(?:付款?|交|缴费?)?[吗呢么吧]*$"
)
_SHORT = 24
_PARTS = {"二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6}
_USUAL = 3


def heard(talk: Talk) -> Reply | None:
    """Everything about instalments and arrears; None for what is about something else."""
    plain = talk.plain
    if len(plain) > _SHORT:
        return None
    if _WHO.search(plain) and may(talk.speaker.role, Permission.KEEP_ARREARS):
        return _overdue(talk)
    match = _PLANS.search(plain)
    if match is not None or _PLANS_ANY.match(plain):
        return _plan(talk, int(_PARTS.get(match.group(1), match.group(1))) if match else _USUAL)
    is_about = _OWN.search(plain) or _PAYS.match(plain) or _SOME.match(plain)
    if not is_about and not (_PROMISES.search(plain) and talk.meaning.times):
        return None
    parts = queries.parts_of(talk.session, talk.openid)
    if not parts:
        is_own = _OWN.search(plain) and talk.speaker.account_id is None
        return say(phrases.NOTHING_OWED) if is_own else None
    some = _SOME.match(plain)
    if some is not None:
        return _pay_some(talk, parts[0], fen(some.group(1)))
    if _PAYS.match(plain):
        return _card(talk, plans.bill(talk.session, instalment_id=parts[0].id, openid=talk.openid))
    if _OWN.search(plain):
        return say(phrases.owed(parts, _names(talk, parts), clock.today()))
    on = _day(talk)
    return _promise(talk, parts[0], on) if on is not None else None


def _overdue(talk: Talk) -> Reply:
    member = security.staff_behind(talk.session, talk.openid)
    today = clock.today()
    late = queries.open_parts(talk.session, member=member, due_before=today)
    url = personal_link(talk.openid, PAGE)
    if not late:
        return say(phrases.STAFF_NONE.format(url=url))
    told = phrases.overdue(late, _names(talk, late), queries.ageing(late, today), today)
    return show(title=phrases.STAFF_TITLE, description=told, url=url)


def _promise(talk: Talk, part: PartView, on: date) -> Reply:
    try:
        service.promise(
            talk.session, instalment_id=part.id, promised_on=on, by=f"wechat:{talk.openid}"
        )
    except PromiseUnfit as error:
        if error.facts["why"] == "often":
            return say(phrases.TOO_OFTEN)
        latest: date = error.facts["latest"]
        return say(phrases.TOO_FAR.format(day=f"{latest.month}月{latest.day}日"))
    day = f"{on.month}月{on.day}日"
    return say(phrases.PROMISED.format(day=day, amount=yuan(part.amount_fen)))


def _pay_some(talk: Talk, part: PartView, amount_fen: int) -> Reply:
    lessons = rules.affordable(part.amount_fen, part.lessons, amount_fen)
    if not lessons:
        each = yuan(-(-part.amount_fen // max(part.lessons, 1)))
        return say(phrases.ONE_LESSON.format(each=each))
    order = plans.bill(talk.session, instalment_id=part.id, openid=talk.openid, lessons=lessons)
    told = phrases.SOME.format(
        amount=yuan(amount_fen), lessons=lessons, total=yuan(order.total_fen)
    )
    return say(told).then(_card(talk, order))


def _plan(talk: Talk, parts: int) -> Reply:
    """The newest order that waits, in monthly parts from now on."""
    orders = money.orders_of(talk.session, openid=talk.openid, limit=1)
    waiting = [o for o in orders if o.status is OrderStatus.PENDING and o.expires_at > clock.now()]
    if not waiting or waiting[0].purpose_key.startswith(plans.PURPOSE):
        owed = queries.parts_of(talk.session, talk.openid)
        if owed:
            return say(phrases.owed(owed, _names(talk, owed), clock.today()))
        return say(phrases.PLAN_NOTHING)
    days = rules.due_days(clock.today(), parts)[1:]
    try:
        with talk.session.begin_nested():
            plan = plans.make(
                talk.session, number=waiting[0].number, due_on=days, by=f"wechat:{talk.openid}"
            )
    except PlanUnfit as error:
        begun = error.facts["why"] == "begun"
        return say(phrases.PLAN_BEGUN if begun else phrases.PLAN_UNFIT)
    told = say(phrases.planned(queries.parts_of_plan(talk.session, plan.id)))
    order = money.order_for(talk.session, number=waiting[0].number, openid=talk.openid)
    return told.then(_card(talk, order))


def _card(talk: Talk, order: OrderView) -> Reply:
    return show(
        title=pay_phrases.pay_title(order.total_fen),
        description=phrases.card(order),
        url=payments.pay_link(number=order.number, openid=talk.openid),
    )


def _names(talk: Talk, parts: list[PartView]) -> dict[int, str]:
    found = students.students(talk.session, {p.student_id for p in parts if p.student_id})
    return {id_: child.name for id_, child in found.items()}


def _day(talk: Talk) -> date | None:
    """The day that the message names, if it names one."""
    for span in talk.meaning.times:
        if span.kind is not Kind.RECURRENCE and span.start_at is not None:
            return clock.local(span.start_at).date()
    return None
