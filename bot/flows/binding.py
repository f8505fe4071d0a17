"""「绑定」 and 「解绑」: a WeChat speaks for whom a code to the phone on file proves (C4)."""

from backend.gateways.visitors import is_visitor
from backend.security import identities, proofs
from backend.security.schemas import Proof
from backend.security.service import IdentityTaken
from backend.students import bindings
from backend.students import queries as students
from backend.students.schemas import Claim
from bot.flows import form
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.proof import Code
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import identity as phrases
from bot.phrases import sign_up as sign_up_phrases
from bot.replies import Reply, say

SURE = frozenset({"确认", "确定", "确认解绑", "确定解绑", "同意", "是", "是的", "对", "好", "好的"})


def begin(talk: Talk) -> Reply:
    """Ask for what is missing: the phone, unless this message says it."""
    if is_visitor(talk.openid):
        return say(phrases.ONLY_IN_WECHAT)
    if talk.state.flow == BIND.name:
        return form.advance(talk, BIND)
    return form.start(talk, BIND)


def unbind(talk: Talk) -> Reply:
    """「解绑」, once it is confirmed."""
    if not talk.speaker.is_known:
        return say(phrases.NOT_BOUND)
    return form.start(talk, UNBIND)


def read_phone(_talk: Talk, text: str) -> Read:
    """A phone as in the sign-up."""
    phone = words.phone(text)
    if phone:
        return Value(phone)
    return Unfit(sign_up_phrases.NOT_A_PHONE, sure=words.looks_like_phone(text))


def typed_phone(talk: Talk) -> str:
    """The phone that was typed in this form; empty while it was not."""
    return str(talk.state.slots.get("phone", ""))


def phone_step(question: str) -> Step:
    """The question for a phone."""
    return Step(
        "phone",
        ("手机号", "手机", "电话", "号码"),
        lambda _talk: say(question),
        read_phone,
        spot=lambda _talk, text: words.phone(text),
    )


CODE = Code(
    "code",
    Proof.BIND,
    typed_phone,
    is_on_file=lambda talk, phone: bindings.is_on_file(talk.session, phone),
    asks=phrases.ASK_CODE,
)


def _claims(talk: Talk) -> list[Claim]:
    return bindings.claims_of(talk.session, typed_phone(talk))


def _needs_no_choice(talk: Talk) -> bool:
    if "code" not in talk.state.slots:
        return True
    claims = _claims(talk)
    return len(claims) < 2 and not any(claim.must_name for claim in claims)


def _ask_who(talk: Talk) -> Reply:
    claims = _claims(talk)
    if any(claim.must_name for claim in claims):
        return say(phrases.ASK_NAME)  # No names are shown to whom the number may have gone since.
    names = [claim.name for claim in claims]
    return say(phrases.which_person(names), tuple(names))


def _read_who(talk: Talk, text: str) -> Read:
    claims, plain = _claims(talk), words.simplified(text)
    if any(claim.must_name for claim in claims):
        named = [claim for claim in claims if claim.is_named_in(plain)]
        if len(named) == 1:
            return Value({"name": named[0].name, "said": plain})
        if words.name(text) is None:
            return None
        if proofs.spoil(talk.session, openid=talk.openid, purpose=Proof.BIND):
            return Unfit(phrases.NAME_WRONG, sure=True)
        talk.state.slots["spent"] = True
        return Value({})
    number = words.ordinal(text)
    if number and number <= len(claims):
        return Value({"name": claims[number - 1].name, "said": ""})
    named = [claim for claim in claims if claim.name in plain]
    return Value({"name": named[0].name, "said": ""}) if len(named) == 1 else None


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    who, is_spent = slots.get("who") or {"name": None, "said": ""}, "spent" in slots
    phone = typed_phone(talk)
    talk.state.leave()
    if is_spent:
        return say(phrases.PROOF_SPENT)
    try:
        done = bindings.bind(
            talk.session, openid=talk.openid, phone=phone, name=who["name"], said=who["said"]
        )
    except IdentityTaken:
        return say(phrases.BOUND_TO_OTHER)
    if done.review_id is not None:
        return say(phrases.FOR_STAFF_TO_CHECK)
    if not done.is_new and done.children:
        return say(phrases.confirmed(done.children))
    return say(phrases.bound(done.children, done.staff_name, done.learner))


def _ask_unbind(talk: Talk) -> Reply:
    speaker = talk.speaker
    who = "、".join(
        child.name
        for child in (
            students.children_of(talk.session, speaker.guardian_id) if speaker.guardian_id else []
        )
    )
    is_proven = bindings.has_proven_phone(talk.session, speaker) or speaker.guardian_id is None
    return say(phrases.confirm_unbind(who or "您", is_proven=is_proven))


def _read_sure(_talk: Talk, text: str) -> Read:
    plain = words.simplified(text).strip(" 。.!！,，")
    return Value("yes") if plain in SURE else None


def _finish_unbind(talk: Talk) -> Reply:
    talk.state.leave()
    talk.state.topic.pop("child", None)
    identities.unbind(talk.session, talk.openid, by=f"wechat:{talk.openid}")
    return say(phrases.UNBOUND)


BIND = Form(
    name="bind_account",
    cancelled=phrases.BIND_CANCELLED,
    back=phrases.BIND_BACK,
    finish=_finish,
    beside=CODE.beside,
    steps=(
        phone_step(phrases.ASK_PHONE),
        CODE.step(),
        Step("who", ("姓名", "名字"), _ask_who, _read_who, skip=_needs_no_choice),
    ),
)
UNBIND = Form(
    name="unbind",
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish_unbind,
    steps=(Step("sure", ("确认",), _ask_unbind, _read_sure),),
)
