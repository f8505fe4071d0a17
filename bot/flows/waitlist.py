"""候补 by chat: joining the line of a full class, asking for one's place, taking a free seat."""

import re
from collections.abc import Callable

from backend.admissions.waitlist import line, offers
from backend.admissions.waitlist.schemas import (
    OfferOver,
    SeatsFree,
    WaitForm,
    WaitingStatus,
    WaitingView,
)
from backend.finance import queries as finance
from backend.kit.errors import NotFound
from backend.teaching import queries as teaching
from backend.teaching.life import seats
from backend.teaching.schemas import Clash, ClassOffer
from bot.flows import courses, finder, form, sign_up, whose
from bot.flows import sign_up_answers as answers
from bot.flows import trial_answers as trial
from bot.flows.absences import picked
from bot.flows.form import Form, Read, Step, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import sign_up as sign_up_phrases
from bot.phrases import waitlist as phrases
from bot.replies import Reply, say

NAME = "wait_for_seat"
JOINS = re.compile(
    r"排队|排个?[队号]|候补|等位|等(?:个|着)?(?:名额|位[子置])"
    r"|有了?(?:空位|名额|位[子置])了?(?:就|再|请|麻烦)*(?:通知|叫|告诉|联系)(?:我|俺|一声)"
)
PLACE = re.compile(
    r"(?:排|候补).{0,6}(?:第?几|多少位?|到哪|进度|怎么样|轮到)|第几位|(?:还要|还得|要)等多久"
    r"|轮到(?:我|俺)们?(?:家|了)*[吗没么]|前面(?:还)?有?(?:几|多少)[个位人]"
)
LEAVES = re.compile(
    r"(?:取消|退出|不要)(?:候补|排队)|不(?:想|用|要)?再?(?:排队?|候补|等名额|等位)了|不排了|^不(?:想)?再?等了"
)
ACCEPTS = re.compile(r"^(?:我们?)?(?:接受|要)(?:这个|那个|这)?名额|^名额(?:我们?)?要[了吧的]?$")
DECLINES = re.compile(r"^(?:我们?)?(?:放弃|不要)(?:这个|那个|这)?名额|^名额不要了|^名额让给别人")
Act = Callable[[Talk, WaitingView], Reply]
_LONGEST = 40  # Characters; longer ones carry a matter of their own.
_NUMBER = re.compile(r"第([一二两三123])[个种项班]?|^([123])[号个]?(?=候补|排队)")


def answered(talk: Talk) -> Reply | None:
    """「接受名额」, 「放弃名额」: heard whatever else goes on, because it cannot wait; None for
    anything else."""
    if talk.speaker.account_id is not None:
        return None
    if ACCEPTS.search(talk.plain):
        return _to_offer(talk, "接受名额", _accept)
    if DECLINES.search(talk.plain):
        return _to_offer(talk, "放弃名额", _decline)
    return None


def heard(talk: Talk) -> Reply | None:
    """「候补」, 「候补进度」, 「取消候补」; None for anything else."""
    if talk.speaker.account_id is not None or len(talk.plain) > _LONGEST:
        return None
    if LEAVES.search(talk.plain):
        return _leave(talk)
    if PLACE.search(talk.plain):
        found = line.lines_of(talk.session, talk.openid)
        if not found and not re.search("排|候补", talk.plain):
            return None
        talk.state.misunderstood = 0
        return say(phrases.progress(found) if found else phrases.NOT_WAITING)
    return begin(talk) if JOINS.search(talk.plain) and talk.state.flow != NAME else None


def begin(talk: Talk) -> Reply:
    """From what the talk is about to the line of one full class."""
    courses.read_wish(talk)
    courses.note_lead(talk)
    found = _candidates(talk)
    full = [each for each in found if not each.seats_left]
    if not full:
        talk.state.shown = [each.id for each in found[:1]] if len(found) == 1 else talk.state.shown
        only = phrases.SEATS_FREE.format(name=found[0].name) if len(found) == 1 else ""
        return say(only or phrases.NONE_FULL)
    slots = {
        "options": [each.id for each in full[:5]],
        "class_group_id": full[0].id if len(full) == 1 else None,
        "grade": talk.state.slots.get("grade") or talk.state.topic.get("grade"),
        "child_name": talk.state.slots.get("child_name") or answers.told_child(talk),
        "phone": talk.state.slots.get("phone"),
    }
    children = whose.children(talk)
    if len(children) == 1:
        slots["child_name"] = slots["child_name"] or children[0].name
        slots["grade"] = slots["grade"] or children[0].grade
    if talk.state.flow == sign_up.NAME:
        talk.state.leave()
    return form.start(talk, FORM, **slots)


def _candidates(talk: Talk) -> list[ClassOffer]:
    """The class that is named or numbered, the one that has just filled up, those listed last, or
    all that fit the talk."""
    every = teaching.offers(talk.session)
    plain = words.simplified(talk.text)
    named = [each for each in every if each.name in plain]
    if named:
        return named
    by_id = {each.id: each for each in every}
    shown = [by_id[id_] for id_ in talk.state.shown if id_ in by_id]
    numbered = _NUMBER.search(plain)
    if numbered:
        number = words.ordinal(numbered.group(1) or numbered.group(2))
        return shown[number - 1 : number] if number else []
    full = by_id.get(talk.state.topic.pop("full", 0))
    if full is not None and not full.seats_left:
        return [full]
    if any(not each.seats_left for each in shown) or len(shown) == 1:
        return shown
    return finder.find_classes(talk) if talk.state.topic.get("subject") else every


def _leave(talk: Talk) -> Reply | None:
    found = line.lines_of(talk.session, talk.openid)
    if not found:
        return say(phrases.NOT_WAITING) if "候补" in talk.plain else None
    meant = _meant(talk, found)
    if len(meant) > 1:
        labels = [f"取消候补 {each.class_name} {each.child_name}" for each in meant]
        return say(phrases.which(labels), tuple(labels))
    left = line.leave(talk.session, openid=talk.openid, waiting_id=meant[0].id)
    talk.state.misunderstood = 0
    return say(phrases.LEFT.format(child=left.child_name, name=left.class_name))


def _meant(talk: Talk, found: list[WaitingView]) -> list[WaitingView]:
    plain = talk.plain
    named = [each for each in found if each.class_name in plain] or found
    return [each for each in named if each.child_name in plain] or named


def _to_offer(talk: Talk, verb: str, act: Act) -> Reply:
    found = line.lines_of(talk.session, talk.openid)
    meant = _meant(talk, [each for each in found if each.status is WaitingStatus.OFFERED])
    talk.state.misunderstood = 0
    if not meant:
        return say(phrases.NO_OFFER if found else phrases.NOT_WAITING)
    if len(meant) > 1:
        labels = [f"{verb} {each.class_name} {each.child_name}" for each in meant]
        return say(phrases.which(labels), tuple(labels))
    return act(talk, meant[0])


def _accept(talk: Talk, offer: WaitingView) -> Reply:
    own = [child for child in whose.children(talk) if child.name == offer.child_name]
    try:
        with talk.session.begin_nested():
            if offer.from_class_id is not None and own:
                offers.move_over(
                    talk.session,
                    openid=talk.openid,
                    waiting_id=offer.id,
                    student_id=own[0].id,
                    by=f"wechat:{talk.openid}",
                )
                return say(phrases.MOVED.format(child=offer.child_name, name=offer.class_name))
            offers.accept(talk.session, openid=talk.openid, waiting_id=offer.id)
    except OfferOver:
        return say(phrases.OFFER_OVER.format(name=offer.class_name))
    except Clash as error:
        return say(phrases.STUCK.format(name=error.facts.get("class_name", "别的班")))
    held = line.lines_of(talk.session, talk.openid)
    until = next((phrases.until(each) for each in held if each.id == offer.id), "")
    if talk.state.flow is not None and talk.state.flow != sign_up.NAME:
        talk.state.pause()
    told = say(phrases.HELD.format(name=offer.class_name, until=until))
    return told.then(
        form.start(
            talk,
            sign_up.FORM,
            child_name=offer.child_name,
            grade=offer.grade,
            class_group_id=offer.class_group_id,
            phone=offer.phone,
        )
    )


def _decline(talk: Talk, offer: WaitingView) -> Reply:
    offers.decline(talk.session, openid=talk.openid, waiting_id=offer.id)
    return say(phrases.DECLINED.format(name=offer.class_name))


def _options(talk: Talk) -> list[ClassOffer]:
    return teaching.offers(talk.session, class_group_ids=talk.state.slots["options"])


def _ask_class(talk: Talk) -> Reply:
    labels = [each.name for each in _options(talk)]
    listed = "\n".join(f"{number}. {label}" for number, label in enumerate(labels, 1))
    return say(phrases.ASK_CLASS.format(listed=listed), tuple(labels))


def _read_class(talk: Talk, text: str) -> Read:
    found = _options(talk)
    place = picked(text, [each.name for each in found])
    return None if place is None else Value(found[place].id)


def _ask_child(talk: Talk) -> Reply:
    names = [child.name for child in answers.children(talk)]
    if len(names) > 1:
        return say(sign_up_phrases.ask_own_child(names).replace("报？", "排队？"))
    return say(sign_up_phrases.ASK_CHILD)


def _ask_consent(talk: Talk) -> Reply:
    slots = talk.state.slots
    lines = {
        "孩子": slots["child_name"],
        "年级": slots["grade"],
        "候补": teaching.class_name(talk.session, slots["class_group_id"]),
        "手机号": slots["phone"],
    }
    guess = answers.guess(talk, slots["grade"])
    return say(guess + phrases.consent(lines, trial.privacy()))


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    own = next((c for c in whose.children(talk) if c.name == slots["child_name"]), None)
    sits_in = seats.classes_of(talk.session, [own.id]) if own else []
    talk.state.leave()
    wanted = teaching.offers(talk.session, class_group_ids=[slots["class_group_id"]])
    if not wanted:
        return say(phrases.GONE)
    name = wanted[0].name
    if any(class_id == wanted[0].id for _, class_id, _ in sits_in):
        return say(phrases.SITS_THERE.format(child=slots["child_name"], name=name))
    same = teaching.offers(talk.session, course_id=wanted[0].course_id)
    of_course = {each.id for each in same}
    from_class = next((class_id for _, class_id, _ in sits_in if class_id in of_course), None)
    if own and from_class is not None and not _has_lessons(talk, own.id, wanted[0].course_id):
        from_class = None
    try:
        with talk.session.begin_nested():
            view = line.join(
                talk.session,
                WaitForm(
                    openid=talk.openid,
                    child_name=slots["child_name"],
                    grade=slots.get("grade"),
                    class_group_id=wanted[0].id,
                    source_key=talk.source_key,
                    phone=slots.get("phone"),
                    privacy_version=slots.get("consent"),
                    from_class_id=from_class,
                ),
            )
    except SeatsFree:
        talk.state.shown = [wanted[0].id]
        return say(phrases.SEATS_FREE.format(name=name))
    except NotFound:
        return say(phrases.GONE)
    return say(phrases.joined(view))


def _has_lessons(talk: Talk, student_id: int, course_id: int) -> bool:
    left = finance.lessons_left(talk.session, student_ids=[student_id])
    return any(each.course_id == course_id and each.left > 0 for each in left)


def _beside(talk: Talk) -> Reply | None:
    if answers.keeps_back(talk):
        return say(sign_up_phrases.NO_PHONE)
    if answers.doubts(talk):
        why = say(sign_up_phrases.why_phone(trial.privacy()))
        return why.then(FORM.step(talk.state.step).ask(talk))
    return None


FORM = Form(
    name=NAME,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    beside=_beside,
    steps=(
        Step("class_group_id", ("班级", "班"), _ask_class, _read_class),
        Step(
            "child_name",
            ("孩子姓名", "孩子名字", "孩子的名字", "孩子", "名字", "姓名"),
            _ask_child,
            answers.read_child,
            spot=answers.spot_child,
        ),
        Step(
            "grade",
            ("年级",),
            trial.ask_grade,
            answers.read_grade,
            spot=answers.spot_grade,
            skip=trial.is_ours,
        ),
        Step(
            "phone",
            ("手机号", "手机", "电话", "号码"),
            trial.ask_phone,
            answers.read_phone,
            spot=lambda _talk, text: words.phone(text),
            skip=trial.is_ours,
        ),
        Step(
            "consent",
            ("同意",),
            _ask_consent,
            answers.read_consent,
            confirms=True,
            skip=trial.is_ours,
        ),
    ),
)
