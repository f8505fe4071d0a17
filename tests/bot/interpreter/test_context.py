"""Who speaks, and about what, decides between near readings (C2)."""

from bot.interpreter import Intent, Meaning
from bot.interpreter.context import in_context


def meaning(**odds: float) -> Meaning:
    ranked = sorted(odds.items(), key=lambda pair: -pair[1])
    intents = tuple(Intent(name, odd) for name, odd in ranked)
    return Meaning(text="…", intents=intents, wishes=(ranked[0][0],), source="rasa")


def test_a_mother_approves_nothing() -> None:
    said = meaning(approve=0.9, affirm=0.05)
    assert in_context(said, is_staff=False, is_ours=True).best.name == "affirm"
    assert in_context(said, is_staff=True, is_ours=False).best.name == "approve"


def test_only_staff_ask_for_stock_when_in_doubt() -> None:
    said = meaning(stock_query=0.5, ask_course=0.3)
    assert in_context(said, is_staff=False, is_ours=False).best.name == "ask_course"
    assert in_context(said, is_staff=True, is_ours=False).best.name == "stock_query"


def test_a_family_asks_for_its_own_lessons_and_a_prospect_for_those_on_offer() -> None:
    said = meaning(my_schedule=0.4, ask_class_time=0.4)
    assert in_context(said, is_staff=False, is_ours=True).best.name == "my_schedule"
    assert in_context(said, is_staff=False, is_ours=False).best.name == "ask_class_time"


def test_what_was_talked_about_tips_the_balance() -> None:
    said = meaning(out_of_scope=0.36, my_balance=0.34)
    stranger = in_context(said, is_staff=False, is_ours=False, last="my_schedule")
    assert stranger.best.name == "my_balance"


def test_what_is_clear_stays() -> None:
    said = meaning(complain=0.95, ask_price=0.03)
    assert in_context(said, is_staff=False, is_ours=False, last="ask_price").best.name == "complain"


def test_nothing_understood_stays_nothing() -> None:
    assert in_context(Meaning(), is_staff=True, is_ours=False) == Meaning()


def test_confidences_stay_honest() -> None:
    read = in_context(meaning(ask_price=0.6, stock_query=0.3), is_staff=False, is_ours=False)
    assert abs(sum(each.confidence for each in read.intents) - 0.9) < 1e-9
    weak = in_context(meaning(ask_price=0.2, thank=0.1), is_staff=False, is_ours=False)
    assert weak.wishes == ("ask_price",) or weak.best.confidence < 0.3
