"""「让孩子爸爸也能看」: one guardian lets another one in (C4)."""

import re

from backend.gateways.visitors import is_visitor
from backend.security.schemas import Proof
from backend.students import invitations
from backend.students.schemas import Child
from bot.flows import binding, form, whose
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.proof import Code
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import identity as phrases
from bot.replies import Reply, say

_KIN = r"(?:爸爸?|妈妈?|爷爷|奶奶|外公|外婆|姥姥|姥爷|家长|监护人|老公|老婆|先生|太太|爱人|家人)"
INVITES = re.compile(
    rf"^(?:我想|我要|可以|能不能|能|怎么|请)?(?:让|给|叫|帮|邀请)(?:另一[位个]|[一-鿿]{{1,4}}的?)?{_KIN}"
    r"(?:也|一起|都|来)*(?:能|可以)?(?:看|看到|看见|查|绑定|加进来|加入|收到?通知|知道)?"
    r"(?:孩子|课表|一下|的|信息|通知)*[吗吧呢嘛]?$"
)
ANSWERS = re.compile(r"^邀请码[:： ]*([2-9A-HJ-NP-Z]{8})$", re.IGNORECASE)
DECIDES = re.compile(r"^(确认|同意|拒绝)(?:家长)?邀请$")


def invite(talk: Talk) -> Reply:
    """A code for all children, or for those who are named."""
    own = whose.children(talk) if talk.speaker.guardian_id else []
    if not own:
        return say(phrases.NOT_BOUND)
    named: list[Child] = whose.named(talk.plain, own) or own
    try:
        code = invitations.make(
            talk.session, openid=talk.openid, student_ids=[child.id for child in named]
        )
    except invitations.PhoneUnproven:
        return say(phrases.PROVE_FIRST)
    except invitations.TooManyInvitations:
        return say(phrases.INVITATIONS_ENOUGH)
    names = "、".join(child.name for child in named)
    return say(phrases.INVITATION_MADE.format(code=code, children=names))


def answer(talk: Talk) -> Reply:
    """Somebody sends the code they were given."""
    if is_visitor(talk.openid):
        return say(phrases.ONLY_IN_WECHAT)
    match = ANSWERS.match(talk.plain)
    code = match.group(1).upper() if match else ""
    if not invitations.is_open(talk.session, code, openid=talk.openid):
        return say(phrases.INVITATION_GONE)
    return form.start(talk, ACCEPT, invitation=code)


def decide(talk: Talk) -> Reply:
    """The inviter confirms or refuses whoever has answered."""
    agrees = "拒绝" not in talk.plain
    decided = invitations.decide(talk.session, openid=talk.openid, agrees=agrees)
    if decided is None:
        return say(phrases.NOTHING_INVITED)
    name, children = decided
    return say(
        (phrases.INVITED if agrees else phrases.REFUSED).format(name=name, children=children)
    )


def _is_known(talk: Talk) -> bool:
    return talk.speaker.guardian_id is not None


def _read_name(_talk: Talk, text: str) -> Read:
    found = words.name(text)
    return Value(*found) if found else Unfit(phrases.NOT_A_NAME)


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    talk.state.leave()
    try:
        invitations.answer(
            talk.session,
            openid=talk.openid,
            code=slots["invitation"],
            name=slots.get("name", ""),
            phone=slots.get("phone", ""),
        )
    except invitations.InvitationGone:
        return say(phrases.INVITATION_GONE)
    return say(phrases.INVITATION_ANSWERED)


_CODE = Code("code", Proof.INVITATION, binding.typed_phone)
ACCEPT = Form(
    name="accept_invitation",
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    beside=_CODE.beside,
    steps=(
        Step(
            "name",
            ("姓名", "名字"),
            lambda _talk: say(phrases.ASK_OWN_NAME),
            _read_name,
            skip=_is_known,
        ),
        Step(
            "phone",
            ("手机号", "手机", "电话"),
            lambda _talk: say(phrases.ASK_OWN_PHONE),
            binding.read_phone,
            spot=lambda _talk, text: words.phone(text),
            skip=_is_known,
        ),
        _CODE.step(skip=_is_known),
    ),
)
