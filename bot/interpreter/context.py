"""What a message more likely means, given who says it and what the talk was about.

The model reads a text alone. «同意» is a yes from a mother and an approval from the head. Only
doubtful readings change: the odds are multiplied, so that what is clear stays.
"""

from dataclasses import replace

from bot.interpreter.meaning import ENOUGH, Intent, Meaning

STAFF = frozenset(
    [
        "staff_leads",
        "log_followup",
        "staff_tasks",
        "approve",
        "reject",
        "request_supplies",
        "request_expense",
        "staff_report",
        "stock_query",
        "take_attendance",
        "book_room",
        "find_document",
    ]
)
PROSPECT = frozenset(
    [
        "ask_course",
        "ask_price",
        "ask_class_time",
        "ask_teacher",
        "ask_promotion",
        "ask_enrollment",
        "book_trial",
        "sign_up",
        "request_callback",
    ]
)
FAMILY = frozenset(
    [
        "my_schedule",
        "my_balance",
        "my_orders",
        "renew",
        "request_refund",
        "request_invoice",
        "request_leave",
        "request_makeup",
        "change_class",
        "pause_study",
        "my_homework",
        "my_grades",
        "my_attendance",
        "join_online_class",
        "get_material",
        "update_profile",
        "rate_teacher",
    ]
)
_GROUPS = (STAFF, PROSPECT, FAMILY)
_SAID_BY_OTHERS = {"approve": "affirm", "reject": "deny"}
"""What these mean from somebody who has nothing to approve."""
_LEAD = 0.1  # By so much a doubtful reading has to lead, or people are asked which it is.
_STRANGE, _LIKELY, _NEAR_LAST = 0.15, 2.0, 1.3


def in_context(meaning: Meaning, *, is_staff: bool, is_ours: bool, last: str = "") -> Meaning:
    """The meaning as this speaker most likely has it; `last` is the wish answered before.

    `is_staff` and `is_ours` say who speaks, as the database knows it; a teacher may be both.
    """
    if not meaning.intents:
        return meaning
    own = {each.name: each.confidence for each in meaning.intents}
    if not is_staff:
        for name, instead in _SAID_BY_OTHERS.items():
            if name in own:
                own[instead] = own.get(instead, 0.0) + own.pop(name)
    odds = {name: c * _weight(name, is_staff, is_ours, last) for name, c in own.items()}
    scale = sum(own.values()) / sum(odds.values())
    ranked = sorted(odds.items(), key=lambda pair: -pair[1])
    intents = tuple(Intent(name, min(1.0, odd * scale)) for name, odd in ranked)
    return replace(meaning, intents=intents, wishes=_wishes(meaning, intents, is_staff))


def _weight(name: str, is_staff: bool, is_ours: bool, last: str) -> float:
    weight = 1.0
    if name in STAFF:
        weight *= _LIKELY if is_staff else _STRANGE
    elif (name in FAMILY and is_ours) or (name in PROSPECT and not (is_ours or is_staff)):
        weight *= _LIKELY
    if any(name in group and last in group for group in _GROUPS):
        weight *= _NEAR_LAST
    return weight


def _wishes(meaning: Meaning, intents: tuple[Intent, ...], is_staff: bool) -> tuple[str, ...]:
    """Sure pieces stay, each as this speaker means it; a reading of the whole follows the odds."""
    meant = tuple(dict.fromkeys(_meant(name, is_staff) for name in meaning.wishes))
    if meaning.wishes not in ((), (meaning.best.name,)):
        return meant  # Sure pieces of a longer message.
    second = intents[1].confidence if len(intents) > 1 else 0.0
    is_near = not meant and intents[0].confidence - second < _LEAD
    return (intents[0].name,) if intents[0].confidence >= ENOUGH and not is_near else meant


def _meant(name: str, is_staff: bool) -> str:
    return name if is_staff else _SAID_BY_OTHERS.get(name, name)
