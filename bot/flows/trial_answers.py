"""What the talk about a trial lesson asks, and how the answers are read: subject, grade, lesson."""

from collections.abc import Sequence
from datetime import datetime

from backend.kit.config import settings
from backend.kit.log import mask_phones
from backend.students import queries as students
from backend.teaching import queries as teaching
from backend.teaching.life import trials as places
from backend.teaching.schemas import ClassOffer, LessonView
from bot.flows import courses, finder, study, whose
from bot.flows import sign_up_answers as answers
from bot.flows.absences import picked
from bot.flows.form import Narrowed, Read, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import sign_up as sign_up_phrases
from bot.phrases import trials as phrases
from bot.phrases.absences import numbered, slot
from bot.replies import Reply, say


def classes(talk: Talk) -> list[ClassOffer]:
    """Classes with a seat to sell that fit the talk; only the one that is spoken of, if any."""
    found = [
        each
        for each in finder.find_classes(talk, grade=talk.state.slots.get("grade"))
        if each.seats_left
    ]
    shown = talk.state.slots.get("shown", [])
    return [each for each in found if each.id in shown] or found


def _subjects(talk: Talk) -> list[str]:
    return sorted({each.subject for each in classes(talk)})


def knows_subject(talk: Talk) -> bool:
    return bool(talk.state.topic.get("subject")) or len(_subjects(talk)) < 2


def ask_subject(talk: Talk) -> Reply:
    listed = _subjects(talk)
    return say(phrases.ASK_SUBJECT.format(listed=numbered(listed)), tuple(listed))


def read_subject(talk: Talk, text: str) -> Read:
    listed = _subjects(talk)
    number = words.ordinal(text)
    named = listed[number - 1] if number and number <= len(listed) else words.subject(talk.plain)
    if named is None and courses.narrows(talk):
        named = talk.state.topic.get("subject")
    if named not in listed:
        return None
    talk.remember(subject=named)
    return Value(named)


def needs_no_grade(talk: Talk) -> bool:
    """Whether what can be tried is for the same grades, so that the times can be shown at once."""
    return len({(each.grade_from, each.grade_to) for each in classes(talk)}) < 2


def takes_all(talk: Talk) -> bool:
    """Whether the class of the chosen lesson asks for no grade."""
    lesson_id = talk.state.slots.get("lesson_id")
    if lesson_id is None:
        return False
    lesson = teaching.lesson(talk.session, lesson_id)
    found = teaching.offers(talk.session, class_group_ids=[lesson.class_group_id])
    return bool(found) and found[0].grade_from is None


def ask_grade(_talk: Talk) -> Reply:
    return say(sign_up_phrases.ASK_GRADE)


def read_grade(talk: Talk, text: str) -> Read:
    """A grade for which the chosen lesson is not takes that back."""
    read, slots = answers.read_grade(talk, text), talk.state.slots
    if isinstance(read, Value) and "lesson_id" in slots:
        lesson = teaching.lesson(talk.session, slots["lesson_id"])
        number = words.grade_number(read.value)
        if not teaching.offers(talk.session, class_group_ids=[lesson.class_group_id], grade=number):
            del slots["lesson_id"]
            slots |= {"shown": [], "unfit": lesson.class_name}
    return read


def _lessons(talk: Talk) -> tuple[list[LessonView], bool]:
    """What can be tried, and whether it is not what was asked for: the day named, then the weekday,
    then any time."""
    slots = talk.state.slots
    own = student_id(talk)

    def at(classes: Sequence[ClassOffer], *window: datetime | None) -> list[LessonView]:
        found = places.offers(
            talk.session,
            class_group_ids=[each.id for each in classes],
            from_at=window[0] if window else None,
            to_at=window[1] if window else None,
            student_id=own,
            limit=4,
        )
        return [each for each in found if each.id != slots.get("was")][:3]

    fitting = classes(talk)
    named = [datetime.fromisoformat(slots[key]) for key in ("from", "to") if key in slots]
    found = at(fitting, *named)
    if found:
        return found, False
    wide = at(fitting) if named else []
    if wide:
        return wide, not talk.state.topic.get("weekdays")
    for key in finder.SOFT[:2]:
        talk.state.topic.pop(key, None)
    slots["shown"] = []
    return at(classes(talk)), True


def ask_lesson(talk: Talk) -> Reply:
    found, instead = _lessons(talk)
    slots, unfit = talk.state.slots, ""
    if "unfit" in slots:
        unfit = phrases.UNFIT.format(name=slots.pop("unfit"), grade=slots["grade"])
    if not found:
        talk.state.leave()
        return say(unfit + phrases.NO_LESSONS)
    slots["offered"] = [each.id for each in found]
    told = unfit + phrases.offers(found, instead and not unfit)
    return say(told, tuple(slot(each) for each in found))


def read_lesson(talk: Talk, text: str) -> Read:
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


def student_id(talk: Talk) -> int | None:
    name = talk.state.slots.get("child_name")
    return next((each.id for each in whose.children(talk) if each.name == name), None)


def is_ours(talk: Talk) -> bool:
    return talk.speaker.guardian_id is not None


def moves(talk: Talk) -> bool:
    return "moves" in talk.state.slots


def has_phone(talk: Talk) -> bool:
    return is_ours(talk) or moves(talk)


def ask_child(talk: Talk) -> Reply:
    names = [child.name for child in answers.children(talk)]
    if len(names) > 1:
        return say(sign_up_phrases.ask_own_child(names).replace("报？", "约试听？"))
    return say(sign_up_phrases.ASK_CHILD)


def ask_phone(_talk: Talk) -> Reply:
    return say(sign_up_phrases.ASK_PHONE)


def ask_consent(talk: Talk) -> Reply:
    slots = talk.state.slots
    lines = {
        "孩子": slots["child_name"],
        **({"年级": slots["grade"]} if slots.get("grade") else {}),
        "试听": slot(teaching.lesson(talk.session, slots["lesson_id"])),
    }
    if is_ours(talk):
        name, phone = students.guardian_for_contract(talk.session, talk.speaker.guardian_id or 0)
        lines["家长"] = sign_up_phrases.on_file(name, mask_phones(phone))
    else:
        lines["手机号"] = slots["phone"]
    guess = answers.guess(talk, slots.get("grade"))
    return say(guess + phrases.ask_consent(lines, privacy()))


def privacy() -> str:
    """The address of the privacy notice."""
    return f"{settings().public_url}/privacy"
