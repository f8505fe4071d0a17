"""What is put before staff: who said it, how often, and never what can be dialled."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from bot import conversation, jobs, turn
from bot.conversation import Message
from bot.interpreter import Entity, interpret, rasa
from bot.interpreter.meaning import Intent, Unread
from bot.review import queue, sentences
from bot.review.models import Misunderstanding, Status
from tests.dialogues.stage import Stage, spoken

ODD = "那个什么来着我想问问"


def kept() -> list[Misunderstanding]:
    with reading() as session:
        found = list(session.scalars(select(Misunderstanding).order_by(Misunderstanding.id)))
        session.expunge_all()
        return found


def read_as(monkeypatch: pytest.MonkeyPatch, *intents: Intent, entities: list[Entity]) -> None:
    """A model that reads every text the same."""

    def parse(_text: str) -> Unread:
        wishes = [intents[0].name] if intents[0].confidence >= 0.5 else []
        return Unread([*intents], wishes, [*entities], "rasa", "m1")

    monkeypatch.setattr(rasa, "parse", parse)


def test_what_was_not_understood_is_kept_once(stage: Stage) -> None:
    stage.say("o_new", ODD)
    [row] = kept()
    assert (row.text, row.why, row.status) == (ODD, "unclear", Status.OPEN)
    turn.take(row.message_id)
    assert len(kept()) == 1


def test_a_turn_tried_again_keeps_it_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash after the note undoes it with everything else of the turn."""
    incoming = spoken("o_new", ODD)
    with unit_of_work() as session:
        message_id = conversation.receive(session, incoming)
    note, calls = queue.note, []

    def breaks_once(*given: object) -> None:
        note(*given)  # type: ignore[arg-type]
        calls.append(given)
        if len(calls) == 1:
            raise RuntimeError("the machine went down")

    monkeypatch.setattr(queue, "note", breaks_once)
    with pytest.raises(RuntimeError):
        turn.take(message_id)
    assert kept() == []
    turn.take(message_id)
    assert len(kept()) == 1


def test_guesses_model_and_marks_are_kept_and_phones_are_not(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "钢琴的那种138 1234 5678"
    read_as(
        monkeypatch,
        Intent("ask_price", 0.4),
        Intent("ask_course", 0.3),
        entities=[Entity("subject", "钢琴", 0, 2), Entity("phone", "13812345678", 5, 18)],
    )
    stage.say("o_new", text)
    [row] = kept()
    assert row.why == "unsure"
    assert row.text == "钢琴的那种138****5678"
    assert row.sentence == "[钢琴](subject)的那种[138****5678](phone)"
    assert [name for name, _ in row.guesses] == ["ask_price", "ask_course"]
    assert row.model == "m1"
    raw = stage.value("select text || sentence from bot_misunderstanding")
    assert "钢琴" not in raw
    meaning = stage.value("select meaning from bot_message order by id desc limit 1")
    assert '"model": "m1"' in meaning if isinstance(meaning, str) else meaning["model"] == "m1"


def test_a_phone_spelt_in_words_is_not_kept(stage: Stage) -> None:
    stage.say("o_new", "那个幺三八一二三四五六七八来着")
    assert kept() == []


def test_what_the_bot_refused_is_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    read_as(monkeypatch, Intent("out_of_scope", 0.9), entities=[])
    stage.say("o_new", "你们收不收走读")
    assert [(row.text, row.why) for row in kept()] == [("你们收不收走读", "outside")]


def test_asking_for_a_person_after_an_answer_keeps_what_was_answered(stage: Stage) -> None:
    stage.say("o_new", "停车方便吗地址在哪")
    assert kept() == []
    stage.say("o_new", "转人工")
    assert [(row.text, row.why) for row in kept()] == [("停车方便吗地址在哪", "person")]


def test_asking_for_a_person_much_later_or_first_is_only_that(stage: Stage) -> None:
    stage.say("o_first", "转人工")
    stage.say("o_later", "地址在哪")
    stage.pass_time(timedelta(minutes=11))
    stage.say("o_later", "转人工")
    assert kept() == []


def test_staff_forms_and_pictures_are_left_out(stage: Stage) -> None:
    stage.say("advisor", ODD)
    stage.say("o_new", "报名")
    stage.say("o_new", "嗯那个啥来着")
    assert kept() == []


def test_one_person_cannot_fill_the_queue(stage: Stage) -> None:
    for number in range(queue.PER_PERSON_AND_DAY + 3):
        stage.say("o_new", f"{ODD}{'啊呀哦呢嘛啦哈哟'[number]}吧咧")
        with unit_of_work() as session:
            session.execute(update(conversation.Conversation).values(state={}))
            session.execute(update(Message).values(meaning=None))
        stage.say("o_new", "结束")
    assert 0 < len(kept()) <= queue.PER_PERSON_AND_DAY


def test_what_staff_have_judged_is_not_asked_again(stage: Stage) -> None:
    stage.say("o_one", ODD)
    with unit_of_work() as session:
        queue.dismiss(session, kept()[0].id, account_id=1)
    stage.say("o_two", f"{ODD}。")
    assert [row.status for row in kept()] == [Status.DISMISSED]


def test_two_colleagues_label_the_same_words_once(stage: Stage) -> None:
    stage.say("o_one", ODD)
    stage.say("o_two", f"{ODD}？")
    first, second = kept()
    with unit_of_work() as session:
        queue.label(session, second.id, intent="ask_course", sentence=f"{ODD}？", account_id=1)
    for row in (first, second):
        with pytest.raises(queue.Gone), unit_of_work() as session:
            queue.label(session, row.id, intent="greet", sentence=row.text, account_id=1)
    assert [row.status for row in kept()] == [Status.DISMISSED, Status.LABELLED]
    assert (
        stage.value("select count(*) from security_audit_entry where action like 'underst%'") == 1
    )


def test_unlabelled_sentences_are_forgotten_after_a_month(stage: Stage) -> None:
    stage.say("o_one", ODD)
    stage.say("o_two", "那个那个怎么讲来着")
    with unit_of_work() as session:
        queue.label(session, kept()[0].id, intent="ask_course", sentence=ODD, account_id=1)
    stage.pass_time(timedelta(days=29))
    jobs.forget_misunderstood()
    assert len(kept()) == 2
    stage.pass_time(timedelta(days=2))
    for _twice in range(2):
        jobs.forget_misunderstood()
        assert [row.status for row in kept()] == [Status.LABELLED]


def test_taught_learned_and_taken_back(stage: Stage) -> None:
    def states() -> list[str]:
        return [row.status for row in kept()]

    stage.say("o_one", ODD)
    stage.say("o_two", "那个那个怎么讲来着")
    first, second = kept()
    with unit_of_work() as session:
        queue.label(session, first.id, intent="ask_course", sentence=ODD, account_id=1)
        queue.taught(session, read_at=clock.now())
        queue.label(session, second.id, intent="ask_price", sentence=second.text, account_id=1)
        queue.learned(session, "m2")
    assert states() == ["learned", "labelled"]
    with unit_of_work() as session:
        assert len(queue.lessons(session)) == 2
        queue.unlearned(session, "m2")
    assert states() == ["labelled", "labelled"]


@pytest.mark.parametrize(
    ("sentence", "is_right"),
    [
        ("[六年级](grade)数学[呲牙]", True),
        ("六年级数学[呲牙]", True),
        ("[五年级](grade)数学[呲牙]", False),
        ("[六年级](class)数学[呲牙]", False),
        ("六年级数学", False),
    ],
)
def test_marks_change_no_word_and_use_known_names(sentence: str, is_right: bool) -> None:
    if is_right:
        sentences.check(sentence, "六年级数学[呲牙]")
        return
    with pytest.raises(sentences.WrongMarks):
        sentences.check(sentence, "六年级数学[呲牙]")


def test_a_masked_phone_is_taught_in_the_shape_of_one() -> None:
    assert sentences.teachable("打[138****5678](phone)") == "打[13800005678](phone)"
    assert sentences.masked("证号110101199003071234") == "证号110****"


def test_what_an_earlier_model_said_is_not_remembered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def served(model: str) -> None:
        read = Unread([Intent("ask_price", 0.9)], ["ask_price"], [], "rasa", model)
        monkeypatch.setattr(rasa, "parse", lambda _text: read)

    served("m1")
    assert interpret("钢琴课怎么个收法").model == "m1"
    served("m2")
    assert interpret("钢琴课怎么个收法").model == "m1"  # Remembered, and nothing says otherwise.
    assert interpret("古筝课怎么个收法").model == "m2"
    assert interpret("钢琴课怎么个收法").model == "m2"
