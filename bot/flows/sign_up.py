"""Sign-up by chat: child, grade, class, guardian, phone, consent; then the order (A10, A11, F4)."""

import re
from typing import Any

from backend.admissions import sign_up as admissions
from backend.admissions.eligibility.schemas import NotEligible
from backend.admissions.waitlist import line as waitlist
from backend.admissions.waitlist.schemas import WaitingStatus
from backend.finance import queries as money
from backend.finance.prices.schemas import (
    CodeSpent,
    CodeUnknown,
    FeeCapExceeded,
    PriceMissing,
    PriceMoved,
)
from backend.finance.schemas import OrderStatus
from backend.security.schemas import Role
from backend.teaching import queries as teaching
from backend.teaching import service as seats
from backend.teaching.schemas import Clash, ClassOffer
from bot.flows import (
    buying,
    callbacks,
    comparing,
    courses,
    details,
    finder,
    form,
    haggling,
    packages,
    people,
    small_talk,
    trials,
)
from bot.flows import sign_up_answers as answers
from bot.flows import sign_up_more as more
from bot.flows import sign_up_summary as summary
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
    return _started(talk, slots, offer.name if offer else None)


def begin_package(talk: Talk) -> Reply | None:
    """«报英语编程双科», «报第一个» after the list of packages; None for other words."""
    package = packages.chosen(talk) if talk.state.flow is None else None
    if package is None:
        return None
    courses.note_lead(talk)
    slots: dict[str, Any] = talk.state.topic.pop(trials.KEPT, {})
    slots["grade"] = talk.state.topic.get("grade") or slots.get("grade")
    slots.setdefault("child_name", answers.told_child(talk))
    slots |= {"class_group_id": None, buying.BUYING: f"package:{package.id}"}
    talk.state.shown = []
    return _started(talk, slots, package.name)


def _started(talk: Talk, slots: dict[str, Any], what: str | None) -> Reply:
    named = more.pair(talk)
    if named is not None:
        slots["child_name"], slots[more.ALSO] = named
    opening = say(phrases.opening(what))
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
        return summary.choose_again(talk, FORM, phrases.not_eligible(error.facts))
    except (CodeUnknown, CodeSpent, PriceMoved) as error:
        slots.pop("consent", None)
        told = (
            summary.moved(error)
            if isinstance(error, PriceMoved)
            else summary.drop_code(talk, error)
        )
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
            slots["child_name"],
            signed.class_name,
            signed.order_number,
            signed.expires_at,
            has_seat=slots.get("class_group_id") is not None,
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


def _beside(talk: Talk) -> Reply | None:
    """What is said about the form itself: an answer, and only where it helps the question again."""
    if answers.wants_trial(talk):
        return trials.begin(talk).then(say(phrases.TRIAL_FIRST))
    if answers.wants_call(talk):
        slots = {key: value for key, value in talk.state.slots.items() if key != "consent"}
        talk.state.leave()
        talk.state.topic[trials.KEPT] = slots
        return callbacks.instead(talk, slots)
    if answers.keeps_back(talk):
        return say(phrases.NO_PHONE)
    offer = more.offer_of(talk)
    chosen = buying.read(talk, offer) if offer is not None else None
    if chosen is not None:
        return _buy(talk, chosen)
    dear = haggling.asked(talk)
    if dear is not None:
        is_last = talk.state.step == "consent"
        return dear.then(say(phrases.CONFIRM) if is_last else form.remind(talk, FORM))
    told = comparing.asked(talk) or small_talk.opener(talk)
    if answers.wants_other_phone(talk) and "phone" not in talk.state.slots:
        if talk.speaker.guardian_id is not None:
            return details.change_phone(talk)  # The form waits.
        told = say(phrases.PHONE_LATER)
    if answers.doubts(talk):
        told = say(phrases.why_phone(summary.privacy()))
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
    found = more.for_package(talk, finder.find_classes(talk, grade=grade))
    wish, instead = {**_NO_WISH, **talk.state.topic, "grade": grade}, ""
    guess = answers.guess(talk, grade)
    if not found:  # What was talked about does not fit the grade: say so, and show what does.
        instead = phrases.INSTEAD.format(wish=finder.describe(wish))
        for key in ("subject", "course_id", *finder.SOFT):
            talk.state.topic.pop(key, None)
        found = more.for_package(talk, finder.find_classes(talk, grade=grade))
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
    return summary.ask(talk, FORM)


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
            skip=packages.needs_no_class,
        ),
        Step(
            packages.CAMPUS,
            ("校区",),
            packages.ask_campus,
            packages.read_campus,
            skip=packages.needs_no_campus,
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
        Step(
            "consent",
            ("同意",),
            _ask_consent,
            answers.read_consent,
            confirms=True,
        ),
    ),
)
