"""The slot-filling engine with a tiny form of its own: a tea, how many, and a yes."""

import itertools
from typing import cast

import pytest
from sqlalchemy.orm import Session

from backend.kit import clock
from bot.conversation import State
from bot.flows import form
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.inbound import Incoming, Kind
from bot.interpreter import Intent, Meaning, keywords, words
from bot.replies import Reply, say

TEAS = ("龙井", "普洱")


def _tea(_talk: Talk, text: str) -> str | None:
    return next((tea for tea in TEAS if tea in text), None)


def _read_tea(talk: Talk, text: str) -> Read:
    tea = _tea(talk, text)
    return Value(tea) if tea else Unfit("没有这种茶。")


def _cups(_talk: Talk, text: str) -> int | None:
    return next((int(c) for c in text if c.isdigit()), None)


def _read_cups(talk: Talk, text: str) -> Read:
    cups = _cups(talk, text)
    return Value(cups) if cups else Unfit("几杯？请说数字。")


def _yes(_talk: Talk, text: str) -> Read:
    return Value(True) if text in words.AGREED else Unfit("好吗？")


def _few_enough(talk: Talk, cups: int) -> bool:
    """Of 普洱 there are two cups."""
    return talk.state.slots.get("tea") != "普洱" or cups <= 2


def _done(talk: Talk) -> Reply:
    slots = dict(talk.state.slots)
    talk.state.leave()
    return say(f"{slots['cups']}杯{slots['tea']}")


def _mug_done(talk: Talk) -> Reply:
    talk.state.leave()
    return say("杯子好了。")


TEA = Form(
    name="tea",
    steps=(
        Step("tea", ("茶",), lambda _t: say("什么茶？"), _read_tea, spot=_tea),
        Step(
            "cups", ("杯数",), lambda _t: say("几杯？"), _read_cups, spot=_cups, holds=_few_enough
        ),
        Step("yes", ("好",), lambda _t: say("可以吗？"), _yes, confirms=True),
    ),
    finish=_done,
    cancelled="不喝了。",
    back="接着点茶：",
)
MUG = Form(
    name="mug",
    steps=(Step("mug", ("杯子",), lambda _t: say("什么杯子？"), lambda _t, text: Value(text)),),
    finish=_mug_done,
    cancelled="不要杯子了。",
    back="接着选杯子：",
)


class Table:
    """Somebody at the table: says things, hears things, state kept in between."""

    def __init__(self) -> None:
        self.state = State()

    def talk(self, text: str, *wishes: str) -> Talk:
        unread = keywords.read(text)
        meaning = Meaning(
            text=text,
            intents=tuple(Intent(name, 0.9) for name in wishes) or tuple(unread.intents),
            wishes=wishes or tuple(each.name for each in unread.intents[:1]),
        )
        incoming = Incoming(
            account="gh",
            openid="o",
            sent_at=clock.now(),
            kind=Kind.TEXT,
            text=text,
            dedupe_key=text,
        )
        return Talk(
            session=cast(Session, None),  # Nothing here asks the database, so there is none.
            message_id=1,
            incoming=incoming,
            meaning=meaning,
            state=self.state,
        )

    def start(self, which: Form = TEA, text: str = "点茶") -> str:
        return _text(form.start(self.talk(text), which))

    def say(self, text: str, *wishes: str, aside: str = "") -> str:
        """`aside` is what the rest of the house would answer."""
        talk = self.talk(text, *wishes)
        which = {"tea": TEA, "mug": MUG}[self.state.flow or ""]
        reply = form.resume(
            talk, which, lambda _t: say(aside) if aside else None, lambda _t: say("叫人来了。")
        )
        return _text(form.back_to_paused(talk, {"tea": TEA, "mug": MUG}, reply))


def _text(reply: Reply) -> str:
    return "\n".join(getattr(bubble, "text", "") for bubble in reply.bubbles)


@pytest.fixture
def table() -> Table:
    return Table()


def test_step_by_step(table: Table) -> None:
    assert table.start() == "什么茶？"
    assert table.say("龙井") == "几杯？"
    assert table.say("3") == "可以吗？"
    assert table.say("好") == "3杯龙井"
    assert table.state.flow is None


def test_everything_at_once_even_in_the_first_words(table: Table) -> None:
    assert table.start(text="来2杯普洱") == "可以吗？"


def test_a_later_answer_first(table: Table) -> None:
    table.start()
    assert table.say("要2杯") == "什么茶？"
    assert table.say("龙井") == "可以吗？"


def test_an_aside_is_answered_and_the_form_goes_on(table: Table) -> None:
    table.start()
    heard = table.say("你们在哪", "ask_campus", aside="望京。")
    assert heard == "望京。\n\n接着点茶：\n\n什么茶？"


def test_corrections_with_and_without_the_new_value(table: Table) -> None:
    table.start(text="来2杯龙井")
    assert table.say("茶错了，应该是普洱") == "好的，茶已改为普洱。\n\n可以吗？"
    assert table.say("杯数写错了") == "好的，请重新告诉我杯数。"
    assert table.say("1") == "可以吗？"
    assert table.say("不是普洱，是龙井") == "好的，茶已改为龙井。\n\n可以吗？"
    assert table.say("好") == "1杯龙井"


def test_what_no_longer_holds_is_asked_again(table: Table) -> None:
    table.start(text="来5杯龙井")
    assert table.say("茶改成普洱") == "好的，茶已改为普洱。\n\n几杯？"
    assert "yes" not in table.state.slots


def test_the_yes_is_to_the_whole(table: Table) -> None:
    """An agreement given before a gap opened is not an agreement to what fills it."""
    table.start(text="来2杯普洱")
    table.state.slots["cups"] = 5  # As if the others had been drunk meanwhile.
    assert table.say("好") == "几杯？"
    assert table.say("2") == "可以吗？"


def test_never_the_same_words_twice_then_a_person(table: Table) -> None:
    table.start()
    heard = [table.say(text) for text in ("咖啡", "可乐", "雪碧", "果汁", "汽水")]
    assert all(before != after for before, after in itertools.pairwise(heard))
    assert "叫人来了" in heard[2]
    assert table.say("龙井") == "几杯？"
    assert table.state.misunderstood == 0


@pytest.mark.parametrize("said", ["算了", "不要了", "取消", "我再想想", "不用了吧", "下次再说"])
def test_cancelling(table: Table, said: str) -> None:
    table.start()
    assert table.say(said) == "不喝了。"
    assert table.state.slots == {}


def test_politeness_is_no_answer(table: Table) -> None:
    table.start()
    assert table.say("谢谢") == "什么茶？"
    assert table.say("你好").endswith("什么茶？")
    assert table.state.misunderstood == 0


def test_a_form_within_a_form(table: Table) -> None:
    table.start(text="来2杯")
    assert table.start(MUG) == "什么杯子？"
    assert table.say("蓝色的") == "杯子好了。\n\n接着点茶：\n\n什么茶？"
    assert table.say("龙井") == "可以吗？"


def test_cancelling_the_inner_form_keeps_the_outer(table: Table) -> None:
    table.start()
    table.start(MUG)
    assert table.say("算了") == "不要杯子了。\n\n接着点茶：\n\n什么茶？"


def test_a_step_that_an_update_removed_starts_over(table: Table) -> None:
    table.start()
    table.state.step = "sugar"
    assert table.say("龙井") == "几杯？"


def test_the_state_survives_storage(table: Table) -> None:
    table.start(text="来2杯")
    table.start(MUG)
    table.state = State.model_validate(table.state.model_dump(mode="json"))
    assert table.say("蓝色的").endswith("什么茶？")
