"""What it costs: several children at once, going on, and coupons (F1–F4, §4 rules 8 and 9)."""

import re

from backend.finance import service as payments
from backend.finance.prices import codes, renewing
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import (
    CodeSpent,
    CodeUnknown,
    FeeCapExceeded,
    PriceMissing,
    PriceMoved,
    Wanted,
)
from backend.kit import clock
from backend.students.schemas import Child
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import courses, finder, form, packages, sign_up, sign_up_answers, whose
from bot.flows import sign_up_more as more
from bot.flows import sign_up_summary as summary
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import prices as phrases
from bot.phrases import sign_up as pay_phrases
from bot.replies import Reply, say, show

_CODE = re.compile(
    r"^(?:我|想|要|请|帮我|有|这里|[，, ])*(?:使?用|输入?|填)?(?:一?[张个])?"
    r"(?:优惠[码券]|折扣码|推荐码|券码)(?:是|为|[:： ])*"
    r"([A-Za-z0-9]{3,24})(?:[吧了的报名，, ]|可以吗|能用吗)*$"
)
_NO_CODE = re.compile(r"^不用优惠[码券]了?$")
_TOGETHER = re.compile(
    r"(?:([两二俩三四2-4])(?:个)?(?:孩子|娃|小孩|宝宝|小朋友|人)|[哥兄姐]+[弟妹]+|双胞胎|(?:一起|一块儿?|同时)报)"
)
_COSTS = re.compile(r"多少[钱費费]|什么价|价格|价钱|怎么收费|优惠|便宜|打[几多]?少?折")
_RENEWS = re.compile(r"续[费课报]|接着[报学]|续一期")
_CHOOSES = re.compile(r"^续费?\s*第?([1-9一二三四五])个?$")
_NUMBERS = {"两": 2, "二": 2, "俩": 2, "三": 3, "四": 4, "2": 2, "3": 3, "4": 4}
_PLACES = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_NTH = ("第一个孩子", "第二个孩子", "第三个孩子", "第四个孩子")
CODE = sign_up.CODE
AGAIN = "重新报价"


def heard(talk: Talk) -> Reply | None:
    """A coupon, «两个孩子一起报多少钱», «续费多少钱», «续费1»; None for everything else."""
    match = _CODE.match(talk.plain)
    if match is not None:
        return _use(talk, match.group(1))
    if _NO_CODE.match(talk.plain):
        talk.state.topic.pop(CODE, None)
        return say(phrases.NO_CODE)
    if talk.plain == AGAIN and talk.state.flow is None:
        slots = more.once_more(talk)
        return form.start(talk, sign_up.FORM, **slots) if slots else sign_up.begin(talk)
    listed = packages.asked(talk) or sign_up.begin_package(talk)
    if listed is not None:
        return listed
    asks = _COSTS.search(talk.plain)
    if asks and _RENEWS.search(talk.plain) and whose.children(talk):
        return renew(talk)
    if asks and _TOGETHER.search(talk.plain):
        return _together(talk)
    if _CHOOSES.match(talk.plain) and talk.state.flow is None and whose.children(talk):
        return renew(talk)
    return None


def _use(talk: Talk, code: str) -> Reply:
    try:
        promotion = codes.open_code(talk.session, code=code, on=clock.today())
        codes.must_be_left(talk.session, promotion, openid=talk.openid)
    except CodeUnknown as error:
        return say(phrases.CODE_UNKNOWN.format(**error.facts))
    except CodeSpent as error:
        return say(phrases.CODE_SPENT.format(**error.facts))
    talk.remember(**{CODE: codes.spelled(code)})
    kept = say(phrases.CODE_KEPT.format(code=codes.spelled(code), name=promotion.name))
    if talk.state.flow == RENEW.name:
        return kept.then(renew(talk))
    return kept


def _together(talk: Talk) -> Reply:
    """Prices of several children, one after the other, for the class that is talked about."""
    courses.read_wish(talk)
    own = whose.children(talk)
    named = whose.named(talk.plain, own)
    match = _TOGETHER.search(talk.plain)
    count = _NUMBERS.get(match.group(1) or "", 2) if match else 2
    children = (named if len(named) > 1 else own)[:4]
    names = [child.name for child in children] if len(children) >= count else list(_NTH[:count])
    chosen = [_class_for(talk, child) for child in children] if len(children) >= count else (
        [_class_for(talk, None)] * count
    )  # fmt: skip
    found = [offer for offer in chosen if offer is not None]
    if len(found) < len(names):
        return courses.consult(talk).then(say(phrases.WHICH_CLASS))
    wanted = [
        Wanted(
            class_group_id=offer.id,
            child_name=name,
            student_id=children[n].id if len(children) >= count else None,
            grade=words.grade_number(children[n].grade or "") if len(children) >= count else None,
        )
        for n, (name, offer) in enumerate(zip(names, found, strict=True))
    ]
    try:
        quotes = prices.quote_all(
            talk.session,
            payer_openid=talk.openid,
            wanted=wanted,
            code=talk.state.topic.get(CODE),
        )
    except (CodeUnknown, CodeSpent) as error:
        return summary.drop_code(talk, error).then(_together(talk))
    except PriceMissing as error:
        return say(phrases.MISSING.format(**error.facts))
    return say(phrases.together(names, [offer.name for offer in found], quotes))


def _class_for(talk: Talk, child: Child | None) -> ClassOffer | None:
    """The class that is named or was just shown alone, else the first open one that fits what is
    talked about and the child's grade."""
    chosen = sign_up_answers.named_class(talk, talk.text)
    if chosen is None and len(talk.state.shown) == 1:
        chosen = talk.state.shown[0]
    if chosen is not None:
        found = teaching.offers(talk.session, class_group_ids=[chosen])
        return found[0] if found else None
    if not (talk.state.topic.get("subject") or talk.state.topic.get("course_id")):
        return None
    fitting = finder.find_classes(talk, grade=child.grade if child else None)
    return next((offer for offer in fitting if offer.seats_left), None)


def renew(talk: Talk) -> Reply:
    """«续费»: what each child may go on with and what it costs; who has nothing yet signs up."""
    options = []
    try:
        for child in whose.learners(talk):
            options += [
                [child.name, each.wanted.model_dump(), each.quote.total_fen]
                for each in renewing.offers(
                    talk.session,
                    payer_openid=talk.openid,
                    student_id=child.id,
                    code=talk.state.topic.get(CODE),
                )
            ]
    except (CodeUnknown, CodeSpent) as error:
        return summary.drop_code(talk, error).then(renew(talk))
    if not options:
        return sign_up.begin(talk)
    match = _CHOOSES.match(talk.plain)
    chosen = _place(match.group(1)) if match else None
    if chosen is not None and chosen > len(options):
        chosen = None
    return form.start(
        talk, RENEW, options=options[:9], option=options[chosen - 1] if chosen else None
    )


def _ask_option(talk: Talk) -> Reply:
    parts = []
    code = talk.state.topic.get(CODE)
    for child, facts, _ in talk.state.slots["options"]:
        quote = prices.quote(
            talk.session, payer_openid=talk.openid, wanted=Wanted(**facts), code=code
        )
        parts.append((child, quote))
    return say(phrases.renewal(parts))


def _read_option(talk: Talk, text: str) -> Read:
    plain = words.simplified(text).strip(" 。.!！~")
    options = talk.state.slots["options"]
    match = _CHOOSES.match(plain)
    number = _place(match.group(1)) if match else words.ordinal(text)
    if number is None and plain.lower() in words.AGREED and len(options) == 1:
        number = 1
    if number is None:
        return None
    if number > len(options):
        return Unfit(phrases.NO_OPTION.format(most=len(options)), sure=True)
    return Value(options[number - 1])


def _finish(talk: Talk) -> Reply:
    child, facts, seen_fen = talk.state.slots["option"]
    try:
        with talk.session.begin_nested():
            order = renewing.order(
                talk.session,
                payer_openid=talk.openid,
                wanted=Wanted(**facts),
                source_key=talk.source_key,
                code=talk.state.topic.get(CODE),
                seen_fen=seen_fen,
            )
    except PriceMoved as error:
        talk.state.leave()
        return summary.moved(error).then(renew(talk))
    except (CodeUnknown, CodeSpent) as error:
        talk.state.leave()
        return summary.drop_code(talk, error).then(renew(talk))
    except FeeCapExceeded as error:
        talk.state.leave()
        return say(phrases.cap(**error.facts))
    talk.state.leave()
    talk.state.topic.pop(CODE, None)
    return show(
        title=pay_phrases.pay_title(order.total_fen),
        description=phrases.renewal_card(child, order),
        url=payments.pay_link(number=order.number, openid=talk.openid),
    )


def _place(digit: str) -> int:
    return _PLACES.get(digit) or int(digit)


RENEW = Form(
    name="renew",
    cancelled=phrases.RENEW_CANCELLED,
    back=phrases.RENEW_BACK,
    finish=_finish,
    steps=(Step("option", ("续费", "课时包"), _ask_option, _read_option),),
)
