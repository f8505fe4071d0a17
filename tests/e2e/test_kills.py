"""Processes are killed -9 while a crowd walks the line: nothing is lost, nothing comes twice."""

import json
import re
import time

import pytest

from sandbox.launch.town import Town
from tests.e2e.crowds import Killer, Parent, parents, walk_together
from tests.e2e.phones import Phone, command, eventually, number, rows
from tests.e2e.slow_nlu import SlowNlu

# One process for all towns: more of them at once would only wait for each other.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420), pytest.mark.xdist_group("town")]
PAID_TO_ADVISOR = re.compile("已为|已付款")
CLASSES = ("英语三级周六班", "创意美术周日班", "硬笔书法周三班", "少儿编程周六班")
UNSENT = "SELECT count(*) FROM outbox_message WHERE status = 'pending'"
UNANSWERED = "SELECT count(*) FROM bot_message WHERE answered_at IS NULL"


def settle(town: Town) -> None:
    """Start what a kill has left dead, and wait until nothing is under way any more."""
    for name in town.programs:
        town.start(name)
    eventually(lambda: not number(town, UNANSWERED) and not number(town, UNSENT), 120)


def check_answers(crowd: list[Parent]) -> None:
    """Each message was answered once, in order; a customer message may have come twice only where
    a worker died in the act."""
    for parent in crowd:
        shown = [line["text"] for line in parent.answers()]
        assert len(shown) == len(parent.expected), (parent.phone.who, shown, parent.expected)
        for text, marker in zip(shown, parent.expected, strict=True):
            assert marker in text, (parent.phone.who, shown)


def check_books(town: Town, crowd: list[Parent]) -> None:
    """Each parent has one paid order, one payment, one student, one seat, one balanced entry."""
    who = [parent.phone.who for parent in crowd]
    listed = ", ".join(f"'{openid}'" for openid in who)
    orders = f"FROM finance_order o WHERE o.payer_openid IN ({listed})"
    expected = len(crowd)
    assert number(town, f"SELECT count(*) {orders}") == expected
    assert number(town, f"SELECT count(*) {orders} AND o.status = 'paid'") == expected
    for table in ("finance_payment", "finance_journal_entry"):
        joined = f"FROM {table} t JOIN finance_order o ON o.id = t.order_id"
        assert number(town, f"SELECT count(*) {joined} WHERE o.payer_openid IN ({listed})") == (
            expected
        )
    signed = f"FROM admissions_sign_up WHERE openid IN ({listed})"
    assert number(town, f"SELECT count(DISTINCT student_id) {signed}") == expected
    seats = (
        f"SELECT count(*) FROM teaching_enrollment WHERE student_id IN (SELECT student_id {signed})"
    )
    assert number(town, f"{seats} AND status = 'active'") == expected
    assert number(town, seats) == expected
    assert number(town, "SELECT sum(debit_fen) - sum(credit_fen) FROM finance_journal_line") == 0
    assert number(town, "SELECT count(*) FROM finance_surplus_receipt") == 0
    tickets = f"SELECT count(*) FROM students_ticket WHERE openid IN ({listed})"
    assert number(town, tickets) == expected


def check_pushes(town: Town, crowd: list[Parent]) -> dict[str, int]:
    """Each push came, and as a template message never twice. A customer message may come twice
    where a worker died over it; each such double needs an attempt whose end nobody knows."""
    doubles = 0
    to_advisor = Phone(town, "advisor").received()
    for parent in crowd:
        who = {"who": parent.phone.who}
        lead_id = number(town, "SELECT id FROM admissions_lead WHERE openid = :who", **who)
        new = re.compile(rf"微信客户{lead_id}(?!\d)")
        pushes = [
            parent.notices(),
            [line for line in to_advisor if new.search(line["text"])],
            [
                line
                for line in to_advisor
                if parent.guardian in line["text"] and PAID_TO_ADVISOR.search(line["text"])
            ],
        ]
        for pushed in pushes:
            assert pushed, (parent.phone.who, parent.guardian, pushes)
            assert sum(line["via"] == "template" for line in pushed) <= 1
            doubles += len(pushed) - 1
    unknown = number(town, "SELECT count(*) FROM outbox_attempt WHERE finished_at IS NULL")
    assert doubles <= unknown
    assert number(town, "SELECT count(*) FROM outbox_message WHERE status != 'sent'") == 0
    return {"doubled_pushes": doubles, "sendings_died_over": unknown}


def repeat_notifications(town: Town) -> None:
    """The platform tells of every payment again."""
    asked = "SELECT out_trade_no FROM finance_payment WHERE prepay_id IS NOT NULL"
    for (trade_no,) in rows(town, asked):
        again = command(town, "notify", "--again", trade_no, "--times", "2")
        assert all(200 <= answer["status"] < 300 for answer in again)


def prove(town: Town, crowd: list[Parent], killer: Killer) -> None:
    """Walk, settle, repeat every notification, and count everything."""
    walk_together(crowd, killer)
    settle(town)
    repeat_notifications(town)
    settle(town)
    figures = {
        "kills": dict(killer.kills),
        "messages": sum(len(parent.expected) for parent in crowd),
        "dropped_by_the_platform": sum(parent.dropped for parent in crowd),
    }
    print(json.dumps(figures))
    check_answers(crowd)
    check_books(town, crowd)
    print(json.dumps(check_pushes(town, crowd)))
    assert sum(killer.kills.values()) >= 5


def test_a_crowd_walks_the_line_while_everything_is_killed(town: Town) -> None:
    """On SQLite, the real NLU among the victims."""
    everything = ("web", "worker", "nlu", "redis", "cron")
    prove(town, parents(town, 12, CLASSES, "crowd"), Killer(town, everything, 20261123, (1, 4)))


def test_the_same_on_postgresql_with_two_workers(second_town: Town) -> None:
    """While one worker of two dies, the other may be at the same rows."""
    everything = ("web", "worker", "worker-2", "redis", "cron")
    crowd = parents(second_town, 12, CLASSES, "second")
    prove(second_town, crowd, Killer(second_town, everything, 7, (1, 4)))


def test_a_slow_understanding_is_waited_for_once_and_unaided(
    second_town: Town, slow_nlu: SlowNlu
) -> None:
    """Slower than the platform waits: the answer comes by itself, and not a second time."""
    asker = Phone(second_town, "o_patient")
    slow_nlu.delay_seconds = 6.0
    try:
        assert "望京西路" in asker.says("请问一下你们学校具体在哪里呀")
    finally:
        slow_nlu.delay_seconds = 0.0
    time.sleep(6)  # The platform's third try, and the sweep, would have been by then.
    assert [line["via"] for line in asker.received()] == ["customer"]
