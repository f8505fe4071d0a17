"""The end of a sign-up: what was told, what it costs and why, contract and consent (A10, F1)."""

from backend.admissions import siblings
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import CodeSpent, CodeUnknown, PriceMissing, PriceMoved
from backend.kit.config import settings
from backend.kit.log import mask_phones
from backend.kit.money import yuan
from backend.students import queries as students
from bot.flows import buying, form, packages
from bot.flows import sign_up_answers as answers
from bot.flows import sign_up_more as more
from bot.flows.form import Form
from bot.flows.talk import Talk
from bot.phrases import packages as package_phrases
from bot.phrases import prices as price_phrases
from bot.phrases import sign_up as phrases
from bot.replies import Reply, say

CODE = more.CODE


def ask(talk: Talk, form_: Form) -> Reply:
    """The summary with the price and how it came about, the contract, and the consent asked for."""
    slots = talk.state.slots
    lines = more.lines_of(talk, form_)
    offer = more.offer_of(talk)
    why = more.unfit(talk, slots.get("phone", ""))
    if why is not None:
        return choose_again(talk, form_, why)
    package = packages.of_form(talk) if offer is None else None
    if offer is not None or package is not None:
        if offer is not None:
            lines["班级"], wanted = offer.name, buying.wanted(talk, offer)
        elif package is not None:
            lines["套餐"], wanted = package.name, packages.wanted(talk, package)
            lines["上课时间"] = package_phrases.LATER
        try:
            quote = prices.quote(
                talk.session,
                payer_openid=talk.openid,
                wanted=wanted,
                code=talk.state.topic.get(CODE),
                more_siblings=siblings.waiting(
                    talk.session, openid=talk.openid, child_name=slots["child_name"]
                ),
            )
        except (CodeUnknown, CodeSpent) as error:
            return drop_code(talk, error).then(ask(talk, form_))
        except PriceMissing:
            slots.pop("seen_fen", None)
        else:
            lines["费用"], slots["seen_fen"] = price_phrases.cost(quote), quote.total_fen
        ways = buying.choices(talk, offer) if offer is not None else []
        others = [c.name for c in ways if c.key != slots.get(buying.BUYING)]
        if others:
            lines["也可以买"] = phrases.other_ways(others, is_term=buying.BUYING not in slots)
    if talk.speaker.guardian_id is not None:
        name, phone = students.guardian_for_contract(talk.session, talk.speaker.guardian_id)
        lines["家长"] = phrases.on_file(name, mask_phones(phone))
    guess = answers.guess(talk, slots["grade"])
    contract = f"{settings().public_url}/contract"
    return say(guess + phrases.ask_consent(lines, privacy(), contract))


def choose_again(talk: Talk, form_: Form, why: str) -> Reply:
    """Another class, as this one does not fit the child."""
    for key in ("class_group_id", "consent", buying.BUYING):
        talk.state.slots.pop(key, None)
    return say(why).then(form.advance(talk, form_))


def moved(error: PriceMoved) -> Reply:
    """Another price than was shown: both are said before the question comes again."""
    seen, now = (yuan(error.facts[name]) for name in ("seen_fen", "now_fen"))
    return say(price_phrases.MOVED.format(seen=seen, now=now))


def drop_code(talk: Talk, error: CodeUnknown | CodeSpent) -> Reply:
    """A code that does not hold is forgotten, and the rest goes on without it."""
    talk.state.topic.pop(CODE, None)
    spent = isinstance(error, CodeSpent)
    sentence = price_phrases.CODE_SPENT if spent else price_phrases.CODE_UNKNOWN
    return say(sentence.format(code=error.facts.get("code", "")))


def privacy() -> str:
    """The address of the privacy notice."""
    return f"{settings().public_url}/privacy"
