"""Sign-up by chat: child, grade, class, guardian, phone, consent; then the order (A10, A11, F4)."""

import re
from typing import Any

from backend.admissions import sign_up as admissions
from backend.admissions.eligibility.schemas import NotEligible
from backend.admissions.waitlist import line as waitlist
from backend.admissions.waitlist.schemas import WaitingStatus
from backend.finance import queries as money
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import (
    CodeSpent,
    CodeUnknown,
    FeeCapExceeded,
    PriceMissing,
    PriceMoved,
)
from backend.finance.schemas import OrderStatus
from backend.kit.config import settings
from backend.kit.log import mask_phones
from backend.kit.money import yuan
from backend.security.schemas import Role
from backend.students import queries as students
from backend.teaching import queries as teaching
from backend.teaching import service as seats
from backend.teaching.schemas import Clash, ClassOffer
from bot.flows import buying, comparing, courses, details, finder, form, people, small_talk, trials
from bot.flows import sign_up_answers as answers
from bot.flows import sign_up_more as more
from bot.flows.form import Form, Step
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import courses as course_phrases
from bot.phrases import prices as price_phrases
from bot.phrases import sign_up as phrases
from bot.phrases.general import broken_rule
from bot.replies import Reply, say, show

NAME = "sign_up"
CODE = more.CODE
_BARE = 4  # Characters of a wish to cancel that names nothing.
_QUESTIONS = ("ask_price", "ask_teacher", "ask_campus", "ask_class_time", "my_schedule", "complain")
_THIS_ONE = ("就这个", "就那个", "就它", "就它了", "就这个吧", "就那个吧", "这个可以", "就报这个")


def begin(talk: Talk) -> Reply:
    """Start with what the talk knows: the grade that was named, the one class that was shown."""
    if talk.state.flow == NAME:
        return form.advance(talk, FORM)
    courses.read_wish(talk)
    courses.note_lead(talk)
    if not teaching.offers(talk.session):
        return say(course_phrases.NO_CLASSES)
    slots: dict[str, Any] = talk.state.topic.pop(trials.KEPT, {})
    slots["grade"] = talk.state.topic.get("grade") or slots.get("grade")
    slots.setdefault("child_name", answers.told_child(talk))
    if courses.guess(talk):
        slots["age"] = talk.state.topic["age"]
    named_subject = talk.state.topic.get("subject")
    chosen = answers.named_class(talk, talk.text)
    if chosen is None:
        fitting = [each.id for each in finder.find_classes(talk)] if named_subject else []
        only = talk.state.shown or fitting
        chosen = only[0] if len(only) == 1 else None
    wanted = chosen or slots.get("class_group_id")
    offer = _offer(talk, wanted, slots["grade"]) if wanted else None
    if offer is not None and not chosen and named_subject not in (None, offer.subject):
        offer = None  # Something else than was tried.
    if offer is not None and not offer.seats_left and not _is_offered(talk, offer.id):
        talk.state.topic["full"] = offer.id
        return say(phrases.IS_FULL.format(name=offer.name))
    slots["class_group_id"] = offer.id if offer else None
    named = more.pair(talk)
    if named is not None:
        slots["child_name"], slots[more.ALSO] = named
    opening = say(phrases.opening(offer.name if offer else None))
    asked = form.start(talk, FORM, **slots)
    if named is not None and talk.state.slots.get("guardian_name") == named[1]:
        del talk.state.slots["guardian_name"]  # The second name was a child's.
    return opening.then(asked)


def another(talk: Talk) -> Reply | None:
    """«还有一个孩子也报» after a sign-up: the next one, without what has been told already."""
    finished = talk.state.finished
    if not finished or finished.get("flow") != NAME or talk.state.flow:
        return None
    slots = more.another(talk, finished)
    return say(phrases.OTHER_CHILD).then(form.start(talk, FORM, **slots)) if slots else None


def _is_offered(talk: Talk, class_group_id: int) -> bool:
    """Whether a seat of a full class is held for whoever speaks, who has waited for it."""
    return any(
        each.class_group_id == class_group_id and each.status is WaitingStatus.OFFERED
        for each in waitlist.lines_of(talk.session, talk.openid)
    )


def pick_shown(talk: Talk) -> Reply | None:
    """«第二个» or «周六的那个吧» after a list of classes: sign up for that one."""
    if not talk.state.shown:
        return None
    number = words.ordinal(talk.text)
    chosen = talk.state.shown[number - 1] if number and number <= len(talk.state.shown) else None
    if chosen is None and len(talk.plain) <= answers.SHORT and not talk.meaning.wants(*_QUESTIONS):
        chosen = answers.named_class(talk, talk.text)
    if chosen is None and len(talk.state.shown) == 1 and talk.plain in _THIS_ONE:
        chosen = talk.state.shown[0]
    if chosen is None:
        return None
    talk.state.shown = [chosen]
    return trials.begin(talk) if answers.wants_trial(talk) else begin(talk)


def agree(talk: Talk) -> Reply:
    """«可以», «好的» after a list of classes: ask for the one that is meant, sign nobody up yet."""
    if not talk.state.shown:
        return small_talk.affirm(talk)
    offers = teaching.offers(talk.session, class_group_ids=talk.state.shown)
    listed = sorted(offers, key=lambda offer: talk.state.shown.index(offer.id))
    return say(course_phrases.which_one(listed)) if listed else small_talk.affirm(talk)


def correct_finished(talk: Talk) -> Reply | None:
    """«手机号写错了» after the order is there: open the form again with all its answers. What is
    paid already is corrected by a person."""
    finished = talk.state.finished
    if not finished or finished.get("flow") != NAME or talk.state.flow:
        return None
    answers = {key: value for key, value in finished["slots"].items() if key != "consent"}
    talk.state.flow, talk.state.slots = NAME, {**answers, "replaces": finished["order"]}
    if form.mended_step(talk, FORM) is None:
        talk.state.leave()
        return None
    return _to_academic(talk) if _is_paid(talk) else form.mend(talk, FORM)


def cancel(talk: Talk) -> Reply:
    """«不报了», «取消订单»: unpaid sign-ups are let go; a mere «不» cancels nothing."""
    is_meant = len(talk.plain) <= _BARE or re.search("报|订单|名额|付", talk.plain)
    if is_meant and admissions.cancel(talk.session, openid=talk.openid):
        talk.state.finished = None
        return say(phrases.ORDERS_CANCELLED)
    return small_talk.cancel(talk)


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    if _is_paid(talk):
        return _to_academic(talk)
    try:
        with talk.session.begin_nested():
            signed = admissions.sign_up(talk.session, more.form_of(talk))
    except seats.SeatTaken as error:
        talk.state.topic["full"] = slots.pop("class_group_id")
        full = say(phrases.FULL.format(name=error.facts.get("class_name", "")))
        return full.then(form.advance(talk, FORM))
    except NotEligible as error:
        return _choose_again(talk, phrases.not_eligible(error.facts))
    except (CodeUnknown, CodeSpent, PriceMoved) as error:
        slots.pop("consent", None)
        told = moved(error) if isinstance(error, PriceMoved) else drop_code(talk, error)
        return told.then(form.advance(talk, FORM))
    except FeeCapExceeded as error:
        talk.state.leave()
        return say(price_phrases.cap(**error.facts))
    except (admissions.AlreadySignedUp, PriceMissing, Clash) as error:
        talk.state.leave()
        return say(broken_rule(error))
    card = show(
        title=phrases.pay_title(signed.total_fen),
        description=phrases.pay_description(
            slots["child_name"], signed.class_name, signed.order_number, signed.expires_at
        ),
        url=signed.pay_url,
    )
    answers = {step.key: slots[step.key] for step in FORM.steps if step.key in slots}
    talk.state.finished = {"flow": NAME, "slots": answers, "order": signed.order_number}
    talk.state.topic, talk.state.shown = {}, []  # The next wish may be for another child.
    also = slots.get(more.ALSO)
    talk.state.leave()
    if also is None:
        return card
    following = form.start(talk, FORM, **more.next_child(also, slots))
    return card.then(say(phrases.NEXT_CHILD.format(name=also)).then(following))


def _choose_again(talk: Talk, why: str) -> Reply:
    """Another class, as this one does not fit the child."""
    for key in ("class_group_id", "consent", buying.BUYING):
        talk.state.slots.pop(key, None)
    return say(why).then(form.advance(talk, FORM))


def _is_paid(talk: Talk) -> bool:
    """Whether the order that is being corrected was paid meanwhile."""
    number = talk.state.slots.get("replaces")
    if number is None:
        return False
    order = money.order_for(talk.session, number=number, openid=talk.openid)
    return order.status is OrderStatus.PAID


def _to_academic(talk: Talk) -> Reply:
    talk.state.leave()
    talk.state.finished = None
    return say(phrases.PAID_ALREADY).then(people.pass_to(Role.ACADEMIC)(talk))


def moved(error: PriceMoved) -> Reply:
    """Another price than was shown: both are said before the question comes again."""
    seen, now = (yuan(error.facts[name]) for name in ("seen_fen", "now_fen"))
    return say(price_phrases.MOVED.format(seen=seen, now=now))


def drop_code(talk: Talk, error: CodeUnknown | CodeSpent) -> Reply:
    """A code that does not hold is forgotten, and the rest goes on without it."""
    talk.state.topic.pop(CODE, None)
    spent = isinstance(error, CodeSpent)
    sentence = price_phrases.CODE_SPENT if spent else price_phrases.CODE_UNKNOWN
    return say(sentence.format(code=error.facts.get("code", "")))


def _beside(talk: Talk) -> Reply | None:
    """What is said about the form itself: an answer, and only where it helps the question again."""
    if answers.wants_trial(talk):
        return trials.begin(talk).then(say(phrases.TRIAL_FIRST))
    if answers.keeps_back(talk):
        return say(phrases.NO_PHONE)
    offer = more.offer_of(talk)
    chosen = buying.read(talk, offer) if offer is not None else None
    if chosen is not None:
        return _buy(talk, chosen)
    told = comparing.asked(talk) or small_talk.opener(talk)
    if answers.wants_other_phone(talk) and "phone" not in talk.state.slots:
        if talk.speaker.guardian_id is not None:
            return details.change_phone(talk)  # The form waits.
        told = say(phrases.PHONE_LATER)
    if answers.doubts(talk):
        told = say(phrases.why_phone(_privacy()))
    step = FORM.step(talk.state.step)
    return told.then((step.ask_again or step.ask)(talk)) if told else None


def _buy(talk: Talk, key: str) -> Reply:
    """A bundle, a package or the whole term: what was agreed to before is asked again."""
    slots = talk.state.slots
    slots[buying.BUYING] = key
    if key == buying.TERM:
        del slots[buying.BUYING]
    slots.pop("consent", None)
    return form.advance(talk, FORM)


def _ask_child(talk: Talk) -> Reply:
    names = [child.name for child in answers.children(talk)]
    return say(phrases.ask_own_child(names) if names else phrases.ASK_CHILD)


def _ask_class(talk: Talk) -> Reply:
    grade = talk.state.slots.get("grade")
    found = [o for o in finder.find_classes(talk, grade=grade) if o.seats_left]
    wish, instead = {**_NO_WISH, **talk.state.topic, "grade": grade}, ""
    guess = answers.guess(talk, grade)
    if not found:  # What was talked about does not fit the grade: say so, and show what does.
        instead = phrases.INSTEAD.format(wish=finder.describe(wish))
        for key in ("subject", "course_id", *finder.SOFT):
            talk.state.topic.pop(key, None)
        found = [o for o in finder.find_classes(talk, grade=grade) if o.seats_left]
    if not found:
        talk.state.slots.pop("grade", None)
        talk.asked(NAME, "grade")
        return say(guess + phrases.NO_CLASS_FOR_GRADE.format(grade=grade))
    wish = {**_NO_WISH, **talk.state.topic, "grade": grade}
    listed = finder.list_classes(talk, found, finder.describe(wish))
    return say(guess + instead + phrases.ask_class(listed.rsplit("\n\n", 1)[0]))


def _offer(talk: Talk, class_group_id: int, grade: str | None) -> ClassOffer | None:
    """The class while it is on offer and suits the grade."""
    number = words.grade_number(grade) if grade else None
    found = teaching.offers(talk.session, class_group_ids=[class_group_id], grade=number)
    return found[0] if found else None


def _class_holds(talk: Talk, class_group_id: int) -> bool:
    return _offer(talk, class_group_id, talk.state.slots.get("grade")) is not None


def _ask_consent(talk: Talk) -> Reply:
    slots = talk.state.slots
    lines = {step.names[0]: step.show(slots[step.key]) for step in FORM.steps if step.key in slots}
    offer = _offer(talk, slots["class_group_id"], None)
    why = more.unfit(talk, slots.get("phone", ""))
    if why is not None:
        return _choose_again(talk, why)
    if offer is not None:
        lines["班级"] = offer.name
        wanted = buying.wanted(talk, offer)
        try:
            quote = prices.quote(
                talk.session,
                payer_openid=talk.openid,
                wanted=wanted,
                code=talk.state.topic.get(CODE),
            )
        except (CodeUnknown, CodeSpent) as error:
            return drop_code(talk, error).then(_ask_consent(talk))
        except PriceMissing:
            slots.pop("seen_fen", None)
        else:
            lines["费用"], slots["seen_fen"] = price_phrases.cost(quote), quote.total_fen
        others = [c.name for c in buying.choices(talk, offer) if c.key != slots.get(buying.BUYING)]
        if others:
            lines["也可以买"] = phrases.other_ways(others, is_term=buying.BUYING not in slots)
    if talk.speaker.guardian_id is not None:
        name, phone = students.guardian_for_contract(talk.session, talk.speaker.guardian_id)
        lines["家长"] = phrases.on_file(name, mask_phones(phone))
    guess = answers.guess(talk, slots["grade"])
    contract = f"{settings().public_url}/contract"
    return say(guess + phrases.ask_consent(lines, _privacy(), contract))


def _privacy() -> str:
    return f"{settings().public_url}/privacy"


def _is_known_guardian(talk: Talk) -> bool:
    return talk.speaker.guardian_id is not None


_NO_WISH = {"grade": None, "weekdays": None, "subject": None, "course_id": None}

FORM = Form(
    name=NAME,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    beside=_beside,
    steps=(
        Step(
            "child_name",
            ("孩子姓名", "孩子名字", "孩子的名字", "孩子", "娃", "小孩", "学生", "名字", "姓名"),
            _ask_child,
            answers.read_child,
            spot=answers.spot_child,
        ),
        Step(
            "grade",
            ("年级",),
            lambda _talk: say(phrases.ASK_GRADE),
            answers.read_grade,
            spot=answers.spot_grade,
        ),
        Step(
            "class_group_id",
            ("班级", "班", "课程"),
            _ask_class,
            answers.read_class,
            ask_again=lambda _talk: say(phrases.ASK_CLASS_NUMBER),
            holds=_class_holds,
        ),
        Step(
            more.YEARS,
            ("年龄", "几岁", "岁数", "周岁"),
            lambda _talk: say(phrases.ASK_YEARS),
            more.read_years,
            skip=more.knows_age,
            show=lambda years: f"{years}周岁",
        ),
        Step(
            "guardian_name",
            ("家长姓名", "家长名字", "家长的名字", "家长", "我的名字", "我的姓名", "我名字"),
            lambda _talk: say(phrases.ASK_GUARDIAN),
            answers.read_guardian,
            spot=answers.spot_guardian,
            skip=_is_known_guardian,
        ),
        Step(
            "phone",
            ("手机号", "手机", "电话", "号码"),
            lambda _talk: say(phrases.ASK_PHONE),
            answers.read_phone,
            spot=lambda _talk, text: words.phone(text),
            skip=_is_known_guardian,
        ),
        Step("consent", ("同意",), _ask_consent, answers.read_consent, confirms=True),
    ),
)
