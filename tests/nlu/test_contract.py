"""The names that other parts and outside checks rely on (C2): never renamed, only added to."""

from pathlib import Path

import pytest
import yaml
from grammar import generate
from understanding.features import MARKS
from understanding.normalise import normalise

NLU = Path(__file__).parents[2] / "nlu"
INTENTS = {
    "greet",
    "thank",
    "goodbye",
    "affirm",
    "deny",
    "cancel",
    "ask_capability",
    "ask_bot",
    "request_human",
    "out_of_scope",
    "ask_course",
    "ask_price",
    "ask_class_time",
    "ask_teacher",
    "ask_campus",
    "ask_promotion",
    "ask_enrollment",
    "ask_refund_policy",
    "book_trial",
    "sign_up",
    "request_callback",
    "bind_account",
    "my_schedule",
    "my_balance",
    "my_orders",
    "pay",
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
    "complain",
    "give_feedback",
    "ticket_status",
    "rate_teacher",
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
    "report_fault",
    "book_room",
    "find_document",
}
ENTITIES = {
    "course",
    "subject",
    "grade",
    "campus",
    "teacher",
    "person",
    "phone",
    "time",
    "amount",
    "quantity",
    "class_mode",
    "level",
    "order_no",
    "ticket_no",
    "item",
    "room",
    "document",
    "channel",
}


def test_domain_names_exactly_the_contract() -> None:
    domain = yaml.safe_load((NLU / "domain.yml").read_text("utf-8"))
    assert set(domain["intents"]) == INTENTS
    assert set(domain["entities"]) == ENTITIES
    assert set(MARKS) == ENTITIES


@pytest.mark.parametrize("folder", ["data", "test", "test/strangers"])
def test_sentences_use_only_names_of_the_contract(folder: str) -> None:
    rows = generate.hand_written(NLU / folder)
    assert {intent for intent, _ in rows} == INTENTS
    for _, sentence in rows:
        text, spans = generate.plain(sentence)
        assert text.strip()
        assert not set("[]") & set(text), sentence
        assert {name for _, _, name in spans} <= ENTITIES, sentence


@pytest.fixture(scope="module")
def trained() -> list[tuple[str, str]]:
    """Every training sentence with its intent."""
    return generate.sentences()


def test_every_intent_has_breadth(trained: list[tuple[str, str]]) -> None:
    by_intent: dict[str, set[str]] = {}
    for intent, sentence in trained:
        by_intent.setdefault(intent, set()).add(sentence)
    assert set(by_intent) == INTENTS
    assert min(map(len, by_intent.values())) >= 60


def test_no_text_is_labelled_with_two_intents(trained: list[tuple[str, str]]) -> None:
    labels: dict[str, set[str]] = {}
    for intent, sentence in [*generate.hand_written(), *trained]:
        labels.setdefault(seen(sentence), set()).add(intent)
    assert [text for text, intents in labels.items() if len(intents) > 1] == []


@pytest.mark.parametrize("folder", ["test", "test/strangers"])
def test_held_out_sentences_are_many_and_never_trained_on(
    folder: str, trained: list[tuple[str, str]]
) -> None:
    held_out = generate.hand_written(NLU / folder)
    assert len(held_out) >= 600
    assert not {seen(each) for _, each in trained} & {seen(each) for _, each in held_out}


def seen(sentence: str) -> str:
    """What the models see of a sentence."""
    return normalise(generate.plain(sentence)[0]).text


def test_no_sentence_is_in_both_held_out_sets() -> None:
    ours, strangers = (
        {seen(each) for _, each in generate.hand_written(folder)}
        for folder in (NLU / "test", NLU / "test" / "strangers")
    )
    assert sorted(ours & strangers) == []
