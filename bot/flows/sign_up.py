"""Sign-up by chat: child, grade, class, guardian, phone, consent; then the order (A10, A11, F4)."""

from typing import Any

from backend.admissions import sign_up as admissions
from backend.admissions.schemas import SignUpForm
from backend.kit.config import settings
from backend.students import queries as students
from backend.students.schemas import PRIVACY_NOTICE_VERSION
from backend.teaching import queries as teaching
from backend.teaching import service as seats
from backend.teaching.schemas import ClassOffer
from bot.flows import courses, form
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import courses as course_phrases
from bot.phrases import sign_up as phrases
from bot.phrases.general import WEEKDAYS
from bot.replies import Reply, say, show

NAME = "sign_up"
_SHORT = 12  # Characters; a longer message that names a class is a question about it.
_QUESTIONS = ("ask_price", "ask_teacher", "ask_campus", "ask_class_time", "my_schedule", "complain")
_AGREED = (
    "同意",
    "确认",
    "确定",
    "没问题",
    "好的",
    "好",
    "可以",
    "是",
    "是的",
    "对",
    "行",
    "无误",
    "ok",
)


def begin(talk: Talk) -> Reply:
    """Start with what the talk knows: the grade that was named, the one class that was shown."""
    courses.read_wish(talk)
    courses.note_lead(talk)
    if not teaching.offers(talk.session):
        return say(course_phrases.NO_CLASSES)
    slots: dict[str, Any] = {"grade": talk.state.topic.get("grade")}
    chosen = _named_class(talk, talk.text)
    if chosen is None and len(talk.state.shown) == 1:
        chosen = talk.state.shown[0]
    slots["class_group_id"] = chosen if chosen and _is_fit(talk, chosen, slots["grade"]) else None
    return form.start(talk, FORM, **slots)


def pick_shown(talk: Talk) -> Reply | None:
    """«第二个» or «周六的那个吧» after a list of classes: sign up for that one."""
    if not talk.state.shown:
        return None
    number = words.ordinal(talk.text)
    chosen = talk.state.shown[number - 1] if number and number <= len(talk.state.shown) else None
    if chosen is None and len(talk.plain) <= _SHORT and not talk.meaning.wants(*_QUESTIONS):
        chosen = _named_class(talk, talk.text)
    if chosen is None:
        return None
    talk.state.shown = [chosen]
    return begin(talk)


def correct_finished(talk: Talk) -> Reply | None:
    """«手机号写错了» after the order is there: open the form again with all its answers."""
    finished = talk.state.finished
    if not finished or finished.get("flow") != NAME or talk.state.flow:
        return None
    before = talk.state.model_copy(deep=True)
    talk.state.slots = {k: v for k, v in finished["slots"].items() if k != "consent"}
    talk.state.flow = NAME
    mended = form.mend(talk, FORM)
    if mended is None:
        talk.state.flow, talk.state.step, talk.state.slots = before.flow, before.step, before.slots
    return mended


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    try:
        with talk.session.begin_nested():
            signed = admissions.sign_up(talk.session, _form_of(talk))
    except seats.SeatTaken as error:
        del slots["class_group_id"]
        full = say(phrases.FULL.format(name=error.facts.get("class_name", "")))
        return full.then(form.advance(talk, FORM))
    card = show(
        title=phrases.pay_title(signed.total_fen),
        description=phrases.pay_description(
            slots["child_name"], signed.class_name, signed.order_number, signed.expires_at
        ),
        url=signed.pay_url,
    )
    talk.state.finished = {"flow": NAME, "slots": dict(slots)}
    talk.state.leave()
    return card


def _form_of(talk: Talk) -> SignUpForm:
    slots = talk.state.slots
    guardian_id = talk.speaker.guardian_id
    if guardian_id is not None:
        guardian_name, phone = students.guardian_for_contract(talk.session, guardian_id)
    else:
        guardian_name, phone = slots["guardian_name"], slots["phone"]
    return SignUpForm(
        openid=talk.openid,
        child_name=slots["child_name"],
        grade=slots["grade"],
        class_group_id=slots["class_group_id"],
        guardian_name=guardian_name,
        phone=phone,
        privacy_version=PRIVACY_NOTICE_VERSION,
        source_key=talk.source_key,
    )


def _ask_child(talk: Talk) -> Reply:
    return say(phrases.ASK_CHILD_AGAIN if talk.state.slots else phrases.ASK_CHILD)


def _read_name(_talk: Talk, text: str) -> Read:
    found = words.name(text)
    return Value(*found) if found else Unfit(phrases.NOT_A_NAME)


def _read_grade(talk: Talk, text: str) -> Read:
    grade = words.grade(text)
    if grade is None:
        return Unfit(phrases.NOT_A_GRADE)
    chosen = talk.state.slots.get("class_group_id")
    if chosen and not _is_fit(talk, chosen, grade):
        del talk.state.slots["class_group_id"]
    if not teaching.offers(talk.session, grade=words.grade_number(grade)):
        return Unfit(phrases.NO_CLASS_FOR_GRADE.format(grade=grade))
    return Value(grade)


def _ask_class(talk: Talk) -> Reply:
    grade = talk.state.slots.get("grade")
    found = [o for o in courses.find_classes(talk, grade=grade) if o.seats_left]
    if not found:  # What was talked about does not fit the grade: show what does.
        for key in ("subject", "course_id", "weekdays"):
            talk.state.topic.pop(key, None)
        found = [o for o in courses.find_classes(talk, grade=grade) if o.seats_left]
    if not found:
        talk.state.leave()
        return say(phrases.NO_CLASS_FOR_GRADE.format(grade=grade))
    listed = courses.list_classes(talk, found, courses.describe({**_NO_WISH, **talk.state.topic}))
    return say(phrases.ask_class(listed.rsplit("\n\n", 1)[0]))


def _read_class(talk: Talk, text: str) -> Read:
    number = words.ordinal(text)
    shown = talk.state.shown
    if number is not None:
        return Value(shown[number - 1]) if number <= len(shown) else Unfit(phrases.NOT_A_CLASS)
    chosen = _named_class(talk, text)
    if chosen is None and len(shown) == 1 and talk.plain in _AGREED:
        chosen = shown[0]
    return Value(chosen) if chosen else Unfit(phrases.NOT_A_CLASS)


def _named_class(talk: Talk, text: str) -> int | None:
    """The one class among those shown (or else among all) that the words fit: 周六的那个."""
    plain = words.simplified(text)
    offers = teaching.offers(talk.session)
    shown = [offer for offer in offers if offer.id in talk.state.shown]
    named = [offer for offer in offers if offer.name in plain]
    if len(named) == 1:
        return named[0].id
    fitting = [offer for offer in shown if _speaks_of(offer, plain)]
    return fitting[0].id if len(fitting) == 1 else None


def _speaks_of(offer: ClassOffer, text: str) -> bool:
    days = {WEEKDAYS[slot.weekday] for slot in offer.weekly}
    return any(day in text for day in days) or any(
        name in text for name in (offer.campus_name, offer.teacher_name, offer.course_name)
    )


def _is_fit(talk: Talk, class_group_id: int, grade: str | None) -> bool:
    number = words.grade_number(grade) if grade else None
    return bool(teaching.offers(talk.session, class_group_ids=[class_group_id], grade=number))


def _read_phone(_talk: Talk, text: str) -> Read:
    phone = words.phone(text)
    return Value(phone) if phone else Unfit(phrases.NOT_A_PHONE)


def _ask_consent(talk: Talk) -> Reply:
    slots = talk.state.slots
    offer = teaching.offers(talk.session, class_group_ids=[slots["class_group_id"]])
    shown = {
        step.names[0]: offer[0].name if step.key == "class_group_id" and offer else step.show(value)
        for step in FORM.steps
        if (value := slots.get(step.key)) is not None
    }
    return say(phrases.ask_consent(shown, f"{settings().public_url}/privacy"))


def _read_consent(_talk: Talk, text: str) -> Read:
    plain = words.simplified(text).strip(" 。.!！,，~～").lower()
    if plain in _AGREED or plain.startswith(("同意", "我同意", "确认无误")):
        return Value(PRIVACY_NOTICE_VERSION)
    return Unfit(phrases.CONSENT_NEEDED)


def _is_known_guardian(talk: Talk) -> bool:
    return talk.speaker.guardian_id is not None


_NO_WISH = {"grade": None, "weekdays": None, "subject": None, "course_id": None}

FORM = Form(
    name=NAME,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    steps=(
        Step("child_name", ("孩子姓名", "孩子", "娃", "小孩", "学生"), _ask_child, _read_name),
        Step(
            "grade",
            ("年级",),
            lambda _talk: say(phrases.ASK_GRADE),
            _read_grade,
            spot=lambda _talk, text: words.grade(text),
        ),
        Step("class_group_id", ("班级", "班", "课程"), _ask_class, _read_class),
        Step(
            "guardian_name",
            ("家长姓名", "家长", "我的名字", "我名字"),
            lambda _talk: say(phrases.ASK_GUARDIAN),
            _read_name,
            skip=_is_known_guardian,
        ),
        Step(
            "phone",
            ("手机号", "手机", "电话", "号码"),
            lambda _talk: say(phrases.ASK_PHONE),
            _read_phone,
            spot=lambda _talk, text: words.phone(text),
            skip=_is_known_guardian,
        ),
        Step("consent", ("同意",), _ask_consent, _read_consent),
    ),
)
