"""How answers to the sign-up's questions are read, and what is said about the form itself (A10)."""

import re

from backend.students import queries as students
from backend.students.schemas import PRIVACY_NOTICE_VERSION, Child
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import courses
from bot.flows.form import Narrowed, Read, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import wanted, words
from bot.phrases import sign_up as phrases
from bot.phrases.general import WEEKDAYS

ALSO = "also"  # The second of two children who are named together.
_BOTH = re.compile(
    r"^(\S{2,4})(?:和|、|跟|与|，|,)\s*(\S{2,4}?)(?:两个?|俩)(?:孩子|娃|宝宝|小孩)?(?:一起|都|一块儿?)?(?:报名?)?$"
)
TWICE = "same_name"  # A name given for both, of which was asked once.
SHORT = 12  # Characters; a longer message that names a class is a question about it.
_LONGEST_DOUBT = 30  # Characters; longer ones carry a matter of their own.
AGREES = re.compile(
    r"^(我|都|完全)*(同意|确认|确定|没问题)(无误|没问题|没错|谢谢|报名|[了吧的啊呀哈哦，, ])*$"
    r"|^[嗯好行对]{2,6}的?$"
)
_PERSONAL = r"(?:手机号?码?|电话(?:号码)?|号码|联系方式|个人信息|信息|隐私)"
_WHY = re.compile(
    r"为[什啥]么?|为何|[干做]嘛|干吗|凭[什啥]么?|[什啥]么?用|[做干][什啥]么?|必须|一定要|非[得要]"
    r"|安全|泄[露漏]|保密|外[泄传]|骚扰|推销|卖给|卖掉"
)
_KEEPS = r"(?:不(?:太|怎么|是很)?(?:想|愿意?|方便|敢|肯|要)?|别)(?:留|填|给|写|提供|登记|说|透露)"
_KEEPS_BACK = re.compile(rf"{_KEEPS}.{{0,6}}{_PERSONAL}|{_PERSONAL}.{{0,4}}{_KEEPS}")
_ANNOUNCES = re.compile(
    r"^(?:你好|您好|[,，。 ])*(?:我们?)?(?:想要?|要|来)?(?:给孩子)?报名[,，：:、;； ]"
)
_OTHER_PHONE = re.compile(
    r"^(?:我?(?:想|要|需要)?|请|帮我)*(?:更?换|修改|更改|改)(?:一下|一?个|了)*(?:我的?)?"
    r"(?:手机号?码?|电话号?码?|号码)[吧了啊。!！]*$"
)
_SIGNS_UP = re.compile(r"^(?:你好|您好|[,，。 ])*(?:我们?)?(?:想要?|要|来)?(?:给孩子)?报名")
_ASKS = re.compile(r"多少|怎么|如何|几[点个节]|什么|[吗呢?？]")
_CALL = re.compile(
    r"(?:打|来|回)(?:个)?电话(?:给|找|联系)我|给我(?:打|来|回)?(?:个|一个)?电话|电话(?:联系|跟我|和我)(?:我|说|讲)"
    r"|打我(?:电话|手机)"
)
_TRIAL = re.compile(r"试听|试[一上]?下?课|体验课|先(?:听|试)(?:一?[节堂下])?")
_ABOUT_TRIALS = re.compile(r"多少钱|收费|要钱|免费|几点|什么时候|哪天|在哪")


def announces(talk: Talk) -> bool:
    """«报名，李小明，三年级，138…»: a sign-up with its answers, whatever else they look like."""
    is_answered = words.phone(talk.text) or words.names(talk.text)
    if _ANNOUNCES.match(talk.plain) and is_answered:
        return True
    is_told = wanted.child(talk.text) and (words.subject(talk.text) or words.grade(talk.text))
    return bool(_SIGNS_UP.match(talk.plain) and is_told and not _ASKS.search(talk.plain))


def doubts(talk: Talk) -> bool:
    """«你要我手机号干嘛», «信息安全吗»: whether somebody asks what their data is for."""
    if len(talk.plain) > _LONGEST_DOUBT or talk.meaning.wants("complain"):
        return False
    is_about = talk.state.step == "phone" or re.search(_PERSONAL, talk.plain)
    return bool(is_about and _WHY.search(talk.plain))


def keeps_back(talk: Talk) -> bool:
    """«不想留电话»: whether somebody will not give what the form asks for."""
    return len(talk.plain) <= _LONGEST_DOUBT and bool(_KEEPS_BACK.search(talk.plain))


def wants_other_phone(talk: Talk) -> bool:
    """«换手机号»: no name, and no answer to what is asked just now."""
    return bool(_OTHER_PHONE.match(talk.plain))


def wants_call(talk: Talk) -> bool:
    """«我不想填了 你们打电话给我»: whether somebody would rather be called than go on."""
    return len(talk.plain) <= _LONGEST_DOUBT and bool(_CALL.search(talk.plain))


def wants_trial(talk: Talk) -> bool:
    """«试听一下可以不», «先试听»: whether somebody wants to try a lesson before they sign up."""
    is_short = len(talk.plain) <= _LONGEST_DOUBT
    return is_short and bool(_TRIAL.search(talk.plain)) and not _ABOUT_TRIALS.search(talk.plain)


def read_child(talk: Talk, text: str) -> Read:
    both = _BOTH.match(talk.plain)
    if both is not None and (first := words.name(both[1])) and (second := words.name(both[2])):
        talk.state.slots[ALSO] = second[0]
        return Value(first[0])
    found = words.name(text)
    spotted = spot_child(talk, text)
    if spotted:
        return Value(spotted)
    own = children(talk)
    if len(own) == 1 and talk.plain.lower() in words.AGREED:
        return Value(spot_child(talk, own[0].name))
    address = words.form_of_address(text)
    if address is not None:
        return Unfit(phrases.ask_child_of(address), sure=True)
    return Value(*found) if found else Unfit(phrases.NOT_A_NAME)


def spot_child(talk: Talk, text: str) -> str | None:
    """A child of the family by its name or as at home (小明), else a name among several answers."""
    if talk.speaker.guardian_id is not None:
        named = [child for child in children(talk) if child.is_named_in(words.simplified(text))]
        if len(named) == 1:
            if named[0].grade:
                talk.state.slots["grade"] = named[0].grade
            return named[0].name
    return next((name for name, is_guardian in words.names(text) if not is_guardian), None)


def told_child(talk: Talk) -> str | None:
    """The child's name that was told in the consultation, as the family's file spells it."""
    told: str | None = talk.state.topic.get("child_name")
    own = [each.name for each in children(talk)]
    return next((name for name in own if told and name.endswith(told)), told)


def children(talk: Talk) -> list[Child]:
    """The children of the family that speaks; none of strangers."""
    guardian_id = talk.speaker.guardian_id
    return [] if guardian_id is None else students.children_of(talk.session, guardian_id)


def read_guardian(talk: Talk, text: str) -> Read:
    found, address = words.name(text), words.form_of_address(text)
    if address is not None:
        return Value(address)
    if found is None:
        spotted = spot_guardian(talk, text)
        return Value(spotted) if spotted else Unfit(phrases.NOT_A_NAME)
    slots, name = talk.state.slots, found[0]
    if name == slots.get("child_name") and slots.get(TWICE) != name:
        slots[TWICE] = name
        return Unfit(phrases.IS_THE_CHILD.format(name=name), sure=True)
    return Value(*found)


def spot_guardian(_talk: Talk, text: str) -> str | None:
    """The name said to be a grown-up's, else the second of two."""
    found = words.names(text)
    said = next((name for name, is_guardian in found if is_guardian), None)
    return said or (found[1][0] if len(found) > 1 else None)


def read_grade(talk: Talk, text: str) -> Read:
    grade = spot_grade(talk, text)
    if grade is None:
        return Unfit(phrases.NOT_A_GRADE)
    if not teaching.offers(talk.session, grade=words.grade_number(grade)):
        sentence = guess(talk, grade) + phrases.NO_CLASS_FOR_GRADE.format(grade=grade)
        return Unfit(sentence, sure=len(text) <= SHORT)
    return Value(grade)


def spot_grade(talk: Talk, text: str) -> str | None:
    """The grade that is named, else the usual one at the age that is; no age goes before a name.
    The age is kept until the guess has been told."""
    slots = talk.state.slots
    named = words.grade(text)
    if named is not None:
        slots.pop("age", None)
        return named
    found = words.age(text)
    if found is None or ("grade" in slots and "age" not in slots):
        return None
    slots["age"], grade = found
    return grade


def guess(talk: Talk, grade: str | None) -> str:
    """«6岁一般是一年级，…»: says once that a grade is guessed, ahead of what follows from it."""
    age = talk.state.slots.pop("age", None)
    return f"{phrases.guessed(age, grade)}\n\n" if age and grade else ""


def read_class(talk: Talk, text: str) -> Read:
    number = words.ordinal(text)
    shown = talk.state.shown
    if number is not None:
        return Value(shown[number - 1]) if number <= len(shown) else Unfit(phrases.NOT_A_CLASS)
    chosen = named_class(talk, text)
    if chosen is None and len(shown) == 1 and talk.plain.lower() in words.AGREED:
        chosen = shown[0]
    grade = words.grade(text)
    if (
        chosen is None and grade is not None
    ):  # «四年级» while the class is asked corrects the grade.
        talk.state.slots["grade"] = grade
        talk.remember(grade=grade)
        return Narrowed()
    if chosen is None and courses.narrows(talk):
        return Narrowed()
    return Value(chosen) if chosen else Unfit(phrases.NOT_A_CLASS)


def named_class(talk: Talk, text: str) -> int | None:
    """The one class among those shown (or else among all) that the words fit: 周六的那个."""
    plain = re.sub("星期|礼拜", "周", words.simplified(text)).replace("周天", "周日")
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


def read_phone(_talk: Talk, text: str) -> Read:
    phone = words.phone(text)
    if phone:
        return Value(phone)
    return Unfit(phrases.NOT_A_PHONE, sure=words.looks_like_phone(text) and len(text) <= SHORT)


def read_consent(_talk: Talk, text: str) -> Read:
    """Agreement has to be plain: «同意什么» and «同意书在哪» are questions."""
    plain = words.simplified(text).strip(" 。.!！,，~～").lower()
    if plain in words.AGREED or AGREES.match(plain):
        return Value(PRIVACY_NOTICE_VERSION)
    return Unfit(phrases.CONSENT_NEEDED if "不" in plain else phrases.CONFIRM)
