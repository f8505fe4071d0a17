"""Trial lessons by chat: booked, moved, given up, spoken of afterwards (A10, A11; §4, rule 5).

The times are shown before anything personal is asked for. What is asked once stays for a sign-up.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from backend.admissions import trials as admissions
from backend.admissions.schemas import TrialForm, TrialStatus, TrialView
from backend.kit.config import settings
from backend.kit.errors import NotFound
from backend.kit.log import mask_phones
from backend.outbox.admission_templates import FEEDBACK
from backend.security.schemas import Role
from backend.students import queries as students
from backend.teaching import queries as teaching
from backend.teaching.life import trials as places
from backend.teaching.schemas import Clash, ClassOffer, LessonOver, LessonView, SeatTaken
from bot.flows import courses, form, people, study, whose
from bot.flows import sign_up_answers as answers
from bot.flows.absences import picked
from bot.flows.form import Form, Narrowed, Read, Step, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import sign_up as sign_up_phrases
from bot.phrases import trials as phrases
from bot.phrases.absences import numbered, slot
from bot.replies import Reply, say

NAME = "book_trial"
KEPT = "trial_answers"
"""Where the talk keeps what was told for a trial, so that a sign-up does not ask again."""
_ABOUT = re.compile(r"试听|试课|体验课")
_OFF = re.compile(r"去不了|来不了|不去了?|不来了?|不试了?|取消|不听了|不约了")
_MOVE = re.compile(r"改(个|一?下)?(时间|到|期|成|约)|换(个|一?下)?(时间|天|到|成)|另约|重新约|推迟")
_CHANGES = re.compile(rf"(?=.*(?:{_ABOUT.pattern}))(?=.*(?:{_OFF.pattern}|{_MOVE.pattern}))")


def begin(talk: Talk) -> Reply:
    """「想试听」, 「周六能试听吗」: from what the talk is about to lessons that can be tried."""
    if talk.speaker.account_id is not None:
        return people.pass_to(Role.ADVISOR)(talk)
    if talk.state.flow == NAME:
        return form.advance(talk, FORM)
    if talk.state.flow == "sign_up":
        return _start(talk, **_known(talk.state.slots))
    return _start(talk, **_known({**talk.state.topic.get(KEPT, {}), "class_group_id": None}))


def _start(talk: Talk, **slots: Any) -> Reply:
    courses.read_wish(talk)
    courses.note_lead(talk)
    from_at, to_at, when = study.window(talk)
    if when != study.NO_TIME_NAMED:
        slots |= {"from": from_at.isoformat(), "to": to_at.isoformat()}
    chosen = slots.pop("class_group_id", None)
    only = talk.state.shown if len(talk.state.shown) == 1 else []
    slots["shown"] = [chosen] if chosen else list(only)
    slots.setdefault("grade", talk.state.topic.get("grade"))
    children = whose.children(talk)
    if len(children) == 1:
        slots.setdefault("child_name", children[0].name)
        slots["grade"] = slots["grade"] or children[0].grade
    if talk.state.flow == "sign_up":
        talk.state.topic[KEPT] = {
            key: value for key, value in talk.state.slots.items() if key != "consent"
        }
        talk.state.leave()
    return form.start(talk, FORM, **slots)


def _known(kept: dict[str, Any]) -> dict[str, Any]:
    wanted = ("child_name", "grade", "phone", "class_group_id")
    return {key: kept[key] for key in wanted if kept.get(key)}


def heard(talk: Talk) -> Reply | None:
    """「试听去不了」, 「试听改时间」, and how it was; None for anything else."""
    if talk.plain in FEEDBACK and admissions.rate(
        talk.session, openid=talk.openid, words=talk.plain
    ):
        return say(phrases.SORRY if talk.plain == FEEDBACK[-1] else phrases.THANKS)
    if not _CHANGES.match(talk.plain):
        return None
    is_move = bool(_MOVE.search(talk.plain))
    found = _mine(talk)
    booked = [each for each in found if each.status is TrialStatus.BOOKED]
    if not booked:
        if is_move and found:  # Missed, or the lesson was given up: another time.
            return _move(talk, found[0])
        return say(phrases.NONE_BOOKED) if talk.state.flow != NAME else None
    named = [each for each in booked if each.child_name in talk.plain] or booked
    if len(named) > 1:
        return form.start(talk, WHICH, is_move=is_move, options=[each.id for each in named])
    return _move(talk, named[0]) if is_move else _cancel(talk, named[0])


def _mine(talk: Talk) -> list[TrialView]:
    return admissions.trials_of(talk.session, talk.openid)


def _cancel(talk: Talk, trial: TrialView) -> Reply:
    admissions.cancel(talk.session, openid=talk.openid, trial_id=trial.id)
    talk.state.misunderstood = 0
    return say(phrases.OFF.format(child=trial.child_name))


def _move(talk: Talk, trial: TrialView) -> Reply:
    lesson = teaching.lesson(talk.session, trial.lesson_id)
    found = teaching.offers(talk.session, class_group_ids=[lesson.class_group_id])
    talk.remember(course_id=trial.course_id, subject=found[0].subject if found else None)
    talk.state.topic.pop("weekdays", None)
    talk.state.shown = []
    return _start(
        talk, child_name=trial.child_name, grade=trial.grade, moves=trial.id, was=trial.lesson_id
    )


def _classes(talk: Talk) -> list[ClassOffer]:
    """Classes with a seat to sell that fit the talk; only the one that is spoken of, if any."""
    found = [
        each
        for each in courses.find_classes(talk, grade=talk.state.slots.get("grade"))
        if each.seats_left
    ]
    shown = talk.state.slots.get("shown", [])
    return [each for each in found if each.id in shown] or found


def _subjects(talk: Talk) -> list[str]:
    return sorted({each.subject for each in _classes(talk)})


def _knows_subject(talk: Talk) -> bool:
    return bool(talk.state.topic.get("subject")) or len(_subjects(talk)) < 2


def _ask_subject(talk: Talk) -> Reply:
    listed = _subjects(talk)
    return say(phrases.ASK_SUBJECT.format(listed=numbered(listed)), tuple(listed))


def _read_subject(talk: Talk, text: str) -> Read:
    listed = _subjects(talk)
    number = words.ordinal(text)
    named = listed[number - 1] if number and number <= len(listed) else words.subject(talk.plain)
    if named is None and courses.narrows(talk):
        named = talk.state.topic.get("subject")
    if named not in listed:
        return None
    talk.remember(subject=named)
    return Value(named)


def _ask_grade(_talk: Talk) -> Reply:
    return say(sign_up_phrases.ASK_GRADE)


def _lessons(talk: Talk) -> tuple[list[LessonView], bool]:
    """What can be tried, and whether it is not what was asked for: the day named, then the weekday,
    then any time."""
    slots = talk.state.slots
    student_id = _student_id(talk)

    def at(classes: Sequence[ClassOffer], *window: datetime | None) -> list[LessonView]:
        found = places.offers(
            talk.session,
            class_group_ids=[each.id for each in classes],
            from_at=window[0] if window else None,
            to_at=window[1] if window else None,
            student_id=student_id,
            limit=4,
        )
        return [each for each in found if each.id != slots.get("was")][:3]

    fitting = _classes(talk)
    named = [datetime.fromisoformat(slots[key]) for key in ("from", "to") if key in slots]
    found = at(fitting, *named)
    if found:
        return found, False
    wide = at(fitting) if named else []
    if wide:
        return wide, not talk.state.topic.get("weekdays")
    talk.state.topic.pop("weekdays", None)
    slots["shown"] = []
    return at(_classes(talk)), True


def _ask_lesson(talk: Talk) -> Reply:
    found, instead = _lessons(talk)
    if not found:
        talk.state.leave()
        return say(phrases.NO_LESSONS)
    talk.state.slots["offered"] = [each.id for each in found]
    return say(phrases.offers(found, instead), tuple(slot(each) for each in found))


def _read_lesson(talk: Talk, text: str) -> Read:
    found = teaching.lessons(talk.session, talk.state.slots.get("offered", []))
    place = picked(text, [slot(each) for each in found])
    if place is None and len(found) == 1 and talk.plain.lower() in words.AGREED:
        place = 0
    if place is not None:
        return Value(found[place].id)
    from_at, to_at, when = study.window(talk)
    if courses.narrows(talk) or when != study.NO_TIME_NAMED:
        if when != study.NO_TIME_NAMED:
            talk.state.slots |= {"from": from_at.isoformat(), "to": to_at.isoformat()}
        talk.state.slots["shown"] = []
        return Narrowed()
    return None


def _student_id(talk: Talk) -> int | None:
    name = talk.state.slots.get("child_name")
    return next((each.id for each in whose.children(talk) if each.name == name), None)


def _is_ours(talk: Talk) -> bool:
    return talk.speaker.guardian_id is not None


def _moves(talk: Talk) -> bool:
    return "moves" in talk.state.slots


def _has_phone(talk: Talk) -> bool:
    return _is_ours(talk) or _moves(talk)


def _ask_child(talk: Talk) -> Reply:
    names = [child.name for child in answers.children(talk)]
    if len(names) > 1:
        return say(sign_up_phrases.ask_own_child(names).replace("报？", "约试听？"))
    return say(sign_up_phrases.ASK_CHILD)


def _ask_phone(_talk: Talk) -> Reply:
    return say(sign_up_phrases.ASK_PHONE)


def _ask_consent(talk: Talk) -> Reply:
    slots = talk.state.slots
    lines = {
        "孩子": slots["child_name"],
        "年级": slots["grade"],
        "试听": slot(teaching.lesson(talk.session, slots["lesson_id"])),
    }
    if _is_ours(talk):
        name, phone = students.guardian_for_contract(talk.session, talk.speaker.guardian_id or 0)
        lines["家长"] = sign_up_phrases.on_file(name, mask_phones(phone))
    else:
        lines["手机号"] = slots["phone"]
    guess = answers.guess(talk, slots["grade"])
    return say(guess + phrases.ask_consent(lines, _privacy()))


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    try:
        with talk.session.begin_nested():
            trial = admissions.book(
                talk.session,
                TrialForm(
                    openid=talk.openid,
                    child_name=slots["child_name"],
                    grade=slots["grade"],
                    lesson_id=slots["lesson_id"],
                    privacy_version=slots.get("consent"),
                    source_key=talk.source_key,
                    phone=slots.get("phone"),
                    student_id=_student_id(talk),
                    moves=slots.get("moves"),
                ),
            )
    except admissions.AlreadyTried as error:
        talk.state.leave()
        known = error.facts.get("trial")
        if isinstance(known, TrialView) and known.status is TrialStatus.BOOKED:
            lesson = teaching.lesson(talk.session, known.lesson_id)
            return say(phrases.already(known.child_name, lesson))
        return say(phrases.ALREADY_OVER.format(child=slots["child_name"]))
    except (SeatTaken, LessonOver, NotFound):
        del slots["lesson_id"]
        return say(phrases.GONE).then(form.advance(talk, FORM))
    except Clash as error:
        del slots["lesson_id"]
        told = phrases.CLASH.format(class_name=error.facts.get("class_name", "别的班"))
        return say(told).then(form.advance(talk, FORM))
    kept = talk.state.topic.get(KEPT, {})
    talk.state.topic[KEPT] = {**kept, **_known({**slots, "class_group_id": None})}
    talk.state.leave()
    return say(phrases.booked(trial.child_name, teaching.lesson(talk.session, trial.lesson_id)))


def _beside(talk: Talk) -> Reply | None:
    """What is said about the form itself: why a number is asked for, or that none is given."""
    step = FORM.step(talk.state.step)
    if answers.keeps_back(talk):
        return say(sign_up_phrases.NO_PHONE)
    if answers.doubts(talk):
        return say(sign_up_phrases.why_phone(_privacy())).then(step.ask(talk))
    return None


def _privacy() -> str:
    return f"{settings().public_url}/privacy"


def _which(talk: Talk) -> list[TrialView]:
    options = talk.state.slots["options"]
    return [each for each in _mine(talk) if each.id in options]


def _labels(talk: Talk) -> list[str]:
    return [
        f"{each.child_name} {slot(teaching.lesson(talk.session, each.lesson_id))}"
        for each in _which(talk)
    ]


def _ask_which(talk: Talk) -> Reply:
    labels = _labels(talk)
    return say(phrases.WHICH.format(listed=numbered(labels)), tuple(labels))


def _read_which(talk: Talk, text: str) -> Read:
    place = picked(text, _labels(talk))
    return None if place is None else Value(_which(talk)[place].id)


def _finish_which(talk: Talk) -> Reply:
    slots = talk.state.slots
    chosen = next(each for each in _which(talk) if each.id == slots["trial_id"])
    is_move = slots["is_move"]
    talk.state.leave()
    return _move(talk, chosen) if is_move else _cancel(talk, chosen)


def _child(*, skip: Callable[[Talk], bool]) -> Step:
    return Step(
        "child_name",
        ("孩子姓名", "孩子名字", "孩子的名字", "孩子", "名字", "姓名"),
        _ask_child,
        answers.read_child,
        spot=answers.spot_child,
        skip=skip,
    )


FORM = Form(
    name=NAME,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    beside=_beside,
    steps=(
        Step("subject", ("科目", "课程"), _ask_subject, _read_subject, skip=_knows_subject),
        _child(skip=lambda talk: not _is_ours(talk)),  # Whose grade we know need not be asked.
        Step("grade", ("年级",), _ask_grade, answers.read_grade, spot=answers.spot_grade),
        Step("lesson_id", ("时间", "试听时间"), _ask_lesson, _read_lesson, show=lambda _id: "新的"),
        _child(skip=_is_ours),
        Step(
            "phone",
            ("手机号", "手机", "电话", "号码"),
            _ask_phone,
            answers.read_phone,
            spot=lambda _talk, text: words.phone(text),
            skip=_has_phone,
        ),
        Step(
            "consent",
            ("同意",),
            _ask_consent,
            answers.read_consent,
            confirms=True,
            skip=_moves,
        ),
    ),
)
WHICH = Form(
    name="change_trial",
    steps=(Step("trial_id", ("哪一次",), _ask_which, _read_which),),
    finish=_finish_which,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
)
