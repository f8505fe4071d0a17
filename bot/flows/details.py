"""「年级改成四年级」, 「换手机号」, 「撤销」: people keep their own details (S4)."""

import re
from datetime import date

from backend.kit.log import mask_phones
from backend.security.schemas import Proof
from backend.students import details
from backend.students import queries as students
from backend.students.schemas import ReviewStatus
from bot.flows import binding, form, whose
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.proof import Code
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import identity as phrases
from bot.replies import Reply, say

# From the particular to the general: «孩子名字» before «名字».
_NAMED: tuple[tuple[str, str], ...] = (
    ("guardian.email", r"邮箱|邮件|e-?mail"),
    ("guardian.address", r"地址|住址|搬家"),
    ("student.school", r"学校|转学"),
    ("student.grade", r"年级|升[小初高]"),
    ("student.birth_on", r"生日|出生"),
    ("guardian.phone", r"手机|电话|号码|联系方式"),
    ("guardian.name", r"(?:我的?|家长|监护人|妈妈|爸爸)的?(?:姓名|名字|名)"),
    ("student.name", r"姓名|名字|大名"),
)
_VALUE = re.compile(
    r"(?:应该是|改成|改为|换成|变成|更新为|更正为|改|是|叫)[:： ]*([^，,。!！?？是]+)$"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,120}\.[A-Za-z]{2,10}")
_DAY = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[年./-]([0-9]{1,2})[月./-]([0-9]{1,2})")
GONE = re.compile(r"停用|注销|不用了|丢了|收不到|没有了|换掉了|旧号|拿不到")
_PLACE = re.compile(r"^.{2,60}$", re.DOTALL)


def begin(talk: Talk) -> Reply:
    """Change what the message names, with the value it brings."""
    if talk.speaker.guardian_id is None:
        return say(phrases.STAFF_DETAILS if talk.speaker.account_id else phrases.NOT_BOUND)
    field = field_in(talk.plain)
    if field == "guardian.phone":
        return change_phone(talk)
    slots: dict[str, object] = {"field": field}
    found = _VALUE.search(talk.plain)
    if field and found:
        read = _read_as(field, found.group(1))
        slots["value"] = read.value if isinstance(read, Value) else None
    if field and field.startswith("student."):
        own = whose.children(talk)
        named = own if len(own) == 1 else whose.named(talk.plain, own)
        slots["child"] = named[0].id if len(named) == 1 else None
    return form.start(talk, UPDATE, **slots)


def change_phone(talk: Talk) -> Reply:
    """「换手机号」: the new one is proven, then the old one, or staff look at why it cannot be."""
    if talk.speaker.guardian_id is None:
        return say(phrases.STAFF_DETAILS if talk.speaker.account_id else phrases.NOT_BOUND)
    return form.start(talk, PHONE)


def undo(talk: Talk) -> Reply:
    """「撤销」 the latest change that held at once."""
    try:
        back = details.undo(talk.session, openid=talk.openid)
    except details.NothingToUndo:
        return say(phrases.NOTHING_TO_UNDO)
    title = details.FIELDS[back.field].title
    return say(phrases.UNDONE.format(title=title, after=back.after or "空"))


def field_in(text: str) -> str | None:
    """The detail that a message names."""
    return next((field for field, pattern in _NAMED if re.search(pattern, text)), None)


def _titles() -> dict[str, str]:
    return {field: details.FIELDS[field].title for field, _ in _NAMED}


def _ask_field(_talk: Talk) -> Reply:
    titles = list(_titles().values())
    return say(phrases.which_detail(titles), tuple(titles))


def _read_field(talk: Talk, text: str) -> Read:
    fields, number = list(_titles()), words.ordinal(text)
    if number and number <= len(fields):
        return Value(fields[number - 1])
    field = next((key for key, title in _titles().items() if title == talk.plain), None)
    field = field or field_in(talk.plain)
    return Value(field) if field else None


def _needs_no_child(talk: Talk) -> bool:
    field = str(talk.state.slots.get("field") or "")
    return not field.startswith("student.") or len(whose.children(talk)) < 2


def _ask_child(talk: Talk) -> Reply:
    names = [child.name for child in whose.children(talk)]
    return say(phrases.which_child_only(names), tuple(names))


def _read_child(talk: Talk, text: str) -> Read:
    own, number = whose.children(talk), words.ordinal(text)
    if number and number <= len(own):
        return Value(own[number - 1].id)
    named = whose.named(talk.plain, own)
    return Value(named[0].id) if len(named) == 1 else None


def _ask_value(talk: Talk) -> Reply:
    field = talk.state.slots["field"]
    if field == "guardian.phone":
        return change_phone(talk)
    return say(phrases.ASK_VALUE.format(title=details.FIELDS[field].title))


def _read_value(talk: Talk, text: str) -> Read:
    found = _VALUE.search(talk.plain)
    read = _read_as(talk.state.slots["field"], found.group(1)) if found else None
    return read if isinstance(read, Value) else _read_as(talk.state.slots["field"], text.strip())


def _read_as(field: str, text: str) -> Read:
    """The value of a detail, as it is kept."""
    unfit = Unfit(phrases.ASK_VALUE_AGAIN.get(field, phrases.UNCLEAR_VALUE), sure=True)
    match field:
        case "student.grade":
            grade = words.grade(text)
            return Value(grade) if grade else unfit
        case "student.birth_on":
            day = _DAY.search(words.simplified(text))
            try:
                return Value(date(*map(int, day.groups())).isoformat()) if day else unfit
            except ValueError:
                return unfit
        case "guardian.email":
            address = _EMAIL.search(text)
            return Value(address.group()) if address else unfit
        case "student.name" | "guardian.name":
            name = words.name(text)
            return Value(*name) if name else Unfit(phrases.NOT_A_NAME)
        case _:
            return Value(text, sure=False) if _PLACE.match(text) else unfit


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    field, after = slots["field"], slots["value"]
    own = whose.children(talk)
    child_id = slots.get("child") or (own[0].id if own else None)
    talk.state.leave()
    rule = details.FIELDS[field]
    child = next((each for each in own if each.id == child_id), None)
    if child is not None and after == {
        "student.grade": child.grade,
        "student.name": child.name,
    }.get(field):
        return say(phrases.SAME_VALUE.format(title=rule.title, after=after))
    try:
        review = details.change(
            talk.session,
            openid=talk.openid,
            field=field,
            after=after,
            student_id=child_id if rule.of == "student" else None,
            source_key=f"details:{talk.source_key}",
        )
    except details.TooManyWaiting:
        return say(phrases.TOO_MANY_WAITING)
    if review.status is ReviewStatus.WAITING:
        return say(phrases.WAITS_FOR_STAFF.format(title=rule.title, after=after))
    return say(
        phrases.CHANGED.format(title=rule.title, before=review.before or "未填", after=after)
    )


def _old_phone(talk: Talk) -> str:
    return students.guardian_for_contract(talk.session, talk.speaker.guardian_id or 0)[1]


def _read_new_phone(talk: Talk, text: str) -> Read:
    read = binding.read_phone(talk, text)
    if isinstance(read, Value) and read.value == _old_phone(talk):
        return Unfit(phrases.SAME_PHONE, sure=True)
    return read


def _spot_new_phone(talk: Talk, text: str) -> str | None:
    phone = words.phone(text)
    is_new = talk.speaker.guardian_id is not None and phone != _old_phone(talk)
    return phone if is_new else None


def _is_lost(talk: Talk) -> bool:
    return bool(talk.state.slots.get("lost"))


def _beside(talk: Talk) -> Reply | None:
    """«旧号停用» while the old phone's code is asked: staff look at it instead."""
    if talk.state.step == "old_code" and GONE.search(talk.plain):
        talk.state.slots["lost"] = True
        return form.advance(talk, PHONE)
    return _NEW.beside(talk) or _OLD.beside(talk)


def _finish_phone(talk: Talk) -> Reply:
    slots, phone = talk.state.slots, talk.state.slots["phone"]
    talk.state.leave()
    if not slots.get("lost"):
        details.change_phone(talk.session, openid=talk.openid, phone=phone)
        return say(phrases.PHONE_CHANGED.format(phone=mask_phones(phone)))
    try:
        details.change(
            talk.session,
            openid=talk.openid,
            field="guardian.phone",
            after=phone,
            reason=slots["reason"],
            source_key=f"details:{talk.source_key}",
        )
    except details.TooManyWaiting:
        return say(phrases.TOO_MANY_WAITING)
    title = details.FIELDS["guardian.phone"].title
    return say(phrases.WAITS_FOR_STAFF.format(title=title, after=mask_phones(phone)))


UPDATE = Form(
    name="update_profile",
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    steps=(
        Step("field", ("要改的项目",), _ask_field, _read_field),
        Step("child", ("哪个孩子",), _ask_child, _read_child, skip=_needs_no_child),
        Step("value", ("新的内容",), _ask_value, _read_value),
    ),
)
_NEW = Code("code", Proof.NEW_PHONE, binding.typed_phone)
_OLD = Code("old_code", Proof.OLD_PHONE, _old_phone, asks=phrases.ASK_OLD_CODE)
PHONE = Form(
    name="change_phone",
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish_phone,
    beside=_beside,
    steps=(
        Step(
            "phone",
            ("手机号", "手机", "电话", "号码"),
            lambda _talk: say(phrases.ASK_NEW_PHONE),
            _read_new_phone,
            spot=_spot_new_phone,
        ),
        _NEW.step(),
        _OLD.step(skip=_is_lost),
        Step(
            "reason",
            ("原因",),
            lambda _talk: say(phrases.ASK_REASON),
            lambda _talk, text: Value(text[:200], sure=False) if len(text) > 1 else None,
            skip=lambda talk: not _is_lost(talk),
        ),
    ),
)
