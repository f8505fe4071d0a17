"""Every intent has somebody who answers, and an answer costs a bounded number of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import event

from backend.kit.db import engine, unit_of_work
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.schemas import Role
from backend.teaching import queries as catalogue
from backend.teaching import service as teaching
from backend.teaching.schemas import WeeklySlot
from bot import router
from bot.phrases import general
from tests.dialogues.stage import Stage

DOMAIN = Path(__file__).resolve().parents[2] / "nlu" / "domain.yml"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_intents_are_the_domains_intents() -> None:
    domain = yaml.safe_load(DOMAIN.read_text("utf-8"))
    assert set(router.INTENTS) == set(domain["intents"])


# Forms that no meaning begins, only the words of `flows.identity`.
BEGUN_BY_WORDS = {
    *("unbind", "freeze", "freeze_by_code", "thaw", "accept_invitation", "change_phone"),
    *("change_trial", "wait_for_seat"),
    *("set_homework", "hand_in"),
    *("move_lesson", "note_progress"),
    "bank_transfer",
}


def test_questions_and_forms_name_known_intents() -> None:
    known = set(router.INTENTS)
    assert set(general.QUESTIONS) <= known
    assert set(router.FORMS) - BEGUN_BY_WORDS <= known
    assert {*router.CONSULTING, *router.POLITE, *router.NO_ASIDE} <= known


@on_sqlite
@pytest.mark.parametrize("who", ["stranger", "guardian", "teacher", "principal"])
def test_every_intent_and_menu_key_is_answered(who: str, stage: Stage) -> None:
    """Each flow answers each kind of person in one turn, politely and with something to do next."""
    for key in router.MENU:
        heard = stage.do(who, f"CLICK:{key}")
        assert heard, key
        stage.say(who, "算了")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def _open_more_classes(count: int) -> None:
    with unit_of_work() as session:
        campus = logistics.campuses(session)[0]
        teacher = staff.staff_with_role(session, Role.TEACHER)[0]
        course_id = catalogue.catalogue(session).courses["少儿英语三级"]
        for number in range(count):
            teaching.open_class(
                session,
                name=f"英语三级加开{number}班",
                course_id=course_id,
                campus_id=campus.id,
                teacher_id=teacher.id,
                venue_id=None,
                capacity=10,
                starts_on=date(2026, 12, 5) + timedelta(days=number),
                lesson_count=0,
                weekly=[WeeklySlot.model_validate({"weekday": 5, "start": "09:00", "minutes": 90})],
            )


@on_sqlite
@pytest.mark.parametrize(
    ("who", "words", "most"),
    [
        ("stranger", "谢谢", 25),
        ("stranger", "英语多少钱", 50),
        ("guardian", "明天几点上课", 35),
        ("guardian", "还剩几节课", 35),
        ("advisor", "我的客户", 30),
        ("guardian", "退订", 40),
        ("guardian", "消息设置", 30),
        ("stranger", "我要投诉，老师迟到了三次", 40),
    ],
)
def test_statements_per_message_do_not_grow(who: str, words: str, most: int, stage: Stage) -> None:
    """Messages, talk and domain together; 40 classes and 30 leads later it is still as many."""
    stage.say(who, "谢谢")
    with counted() as before:
        stage.say(who, words)
    assert len(before) <= most
    _open_more_classes(40)
    for number in range(30):
        stage.say(f"o_lead_{number}", "数学多少钱")
    stage.say(who, "谢谢")
    with counted() as after:
        stage.say(who, words)
    assert len(after) <= len(before) + 2
