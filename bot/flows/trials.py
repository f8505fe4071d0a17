"""Trial lessons by chat: booked, moved, given up, spoken of afterwards (A10, A11; §4, rule 5).

The times are shown before anything personal is asked for. What is asked once stays for a sign-up.
"""

import re
from collections.abc import Callable
from typing import Any

from backend.admissions import trials as admissions
from backend.admissions.schemas import TrialForm, TrialStatus, TrialView
from backend.kit.errors import NotFound
from backend.outbox.admission_templates import FEEDBACK
from backend.security.schemas import Role
from backend.teaching import queries as teaching
from backend.teaching.schemas import Clash, LessonOver, SeatTaken
from bot.flows import courses, form, people, study, whose
from bot.flows import sign_up_answers as answers
from bot.flows import trial_answers as asked
from bot.flows.absences import picked
from bot.flows.form import Form, Read, Step, Value
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
_MOVE = re.compile(
    r"改(个|一?下)?(时间|到|期|成|约|天)|改(个|一?下)?(?=下周|下个|周|星期|明天|后天|别的)"
    r"|换(个|一?下)?(时间|天|到|成|(?=下周|下个|周|星期|礼拜|明天|后天|大后天|上午|下午|晚上|别的))|另约|重新约|推迟"
)
_CANNOT = re.compile(rf"去不了|来不了|去不成|有事|{_MOVE.pattern}")
_LONGEST = 24  # Characters; a longer message has a matter of its own.
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
    slots.setdefault("child_name", answers.told_child(talk))
    if courses.guess(talk):
        slots["age"] = talk.state.topic["age"]
    children = whose.children(talk)
    if len(children) == 1:
        slots["child_name"] = slots["child_name"] or children[0].name
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
    is_named = _CHANGES.match(talk.plain) is not None
    if not is_named and not _is_about_own_trial(talk):
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


def _is_about_own_trial(talk: Talk) -> bool:
    """«那天去不了，改下周行吗» of somebody who has a trial and no lessons with us."""
    speaker = talk.speaker
    is_free = talk.state.flow is None and len(talk.plain) <= _LONGEST
    if not is_free or speaker.guardian_id or speaker.student_id or speaker.account_id:
        return False
    if not _CANNOT.search(talk.plain):
        return False
    return any(each.status is TrialStatus.BOOKED for each in _mine(talk))


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


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    try:
        with talk.session.begin_nested():
            trial = admissions.book(
                talk.session,
                TrialForm(
                    openid=talk.openid,
                    child_name=slots["child_name"],
                    grade=slots.get("grade"),
                    lesson_id=slots["lesson_id"],
                    privacy_version=slots.get("consent"),
                    source_key=talk.source_key,
                    phone=slots.get("phone"),
                    student_id=asked.student_id(talk),
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
    lesson = teaching.lesson(talk.session, trial.lesson_id)
    tried = {**slots, "class_group_id": lesson.class_group_id}
    talk.state.topic[KEPT] = {**kept, **_known(tried)}
    talk.state.leave()
    return say(phrases.booked(trial.child_name, lesson))


def _beside(talk: Talk) -> Reply | None:
    """What is said about the form itself: why a number is asked for, or that none is given."""
    step = FORM.step(talk.state.step)
    if answers.keeps_back(talk):
        return say(sign_up_phrases.NO_PHONE)
    if answers.doubts(talk):
        return say(sign_up_phrases.why_phone(asked.privacy())).then(step.ask(talk))
    return None


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
        asked.ask_child,
        answers.read_child,
        spot=answers.spot_child,
        skip=skip,
    )


def _grade(*, skip: Callable[[Talk], bool]) -> Step:
    return Step(
        "grade", ("年级",), asked.ask_grade, asked.read_grade, spot=answers.spot_grade, skip=skip
    )


FORM = Form(
    name=NAME,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    beside=_beside,
    steps=(
        Step(
            "subject",
            ("科目", "课程"),
            asked.ask_subject,
            asked.read_subject,
            skip=asked.knows_subject,
        ),
        _child(skip=lambda talk: not asked.is_ours(talk)),  # Whose grade we know need not be asked.
        _grade(skip=asked.needs_no_grade),
        Step(
            "lesson_id",
            ("时间", "试听时间"),
            asked.ask_lesson,
            asked.read_lesson,
            show=lambda _id: "新的",
        ),
        _child(skip=asked.is_ours),
        _grade(skip=asked.takes_all),
        Step(
            "phone",
            ("手机号", "手机", "电话", "号码"),
            asked.ask_phone,
            answers.read_phone,
            spot=lambda _talk, text: words.phone(text),
            skip=asked.has_phone,
        ),
        Step(
            "consent",
            ("同意",),
            asked.ask_consent,
            answers.read_consent,
            confirms=True,
            skip=asked.moves,
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
