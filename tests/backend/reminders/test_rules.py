"""S5: when a rule fires and how its reminders are worded."""

from datetime import datetime, time, timedelta

import pytest

from backend.kit import clock
from backend.reminders import registry, rules
from backend.reminders.schemas import Line
from tests.backend.reminders.scene import draft

WED = datetime(2026, 11, 25, tzinfo=clock.SHANGHAI)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return WED.replace(day=day, hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("kind", "amount", "from_at", "to_at", "events"),
    [
        ("lesson_tomorrow", 1, at(25, 17, 59), at(25, 18), None),
        ("lesson_tomorrow", 1, at(25, 18), at(25, 18, 1), (at(26), at(27))),
        ("lesson_tomorrow", 0, at(25, 18), at(25, 18, 1), (at(25), at(26))),
        ("lesson_tomorrow", 1, at(25, 12), at(28, 12), (at(26), at(29))),
        ("lesson_soon", 2, at(25, 9), at(25, 10), (at(25, 11), at(25, 12))),
        ("lesson_soon", 2, at(25, 9), at(25, 9), None),
        ("lessons_left", 5, at(25, 12), at(25, 17), None),
        ("lessons_left", 5, at(25, 12), at(25, 19), (at(25, 12), at(25, 19))),
    ],
)
def test_s5_a_rule_tells_of_the_events_that_its_number_leads_to(
    kind: str, amount: int, from_at: datetime, to_at: datetime, events: object
) -> None:
    known = registry.kind(kind)
    assert known
    assert rules.events_between(known, draft(kind, amount), from_at, to_at) == events


def test_s5_each_event_is_told_in_the_interval_that_found_it() -> None:
    """Whatever the events between two moments are, they are told between these two moments."""
    for kind in registry.kinds():
        rule = draft(kind.key, kind.amounts[1], audience=next(iter(kind.wordings)))
        for hours in range(0, 96, 7):
            from_at, to_at = WED + timedelta(hours=hours), WED + timedelta(hours=hours + 31)
            events = rules.events_between(kind, rule, from_at, to_at)
            if events:
                for event in (events[0], events[1] - timedelta(seconds=1)):
                    assert from_at <= rules.fires_at(kind, rule, event, from_at, to_at) < to_at


@pytest.mark.parametrize(
    ("day", "valid"), [(9, False), (10, True), (24, True), (25, False), (26, False)]
)
def test_s5_the_days_of_a_rule_are_half_open(day: int, valid: bool) -> None:
    rule = draft(valid_from=at(10).date(), valid_to=at(25).date())
    assert rules.is_valid(rule, at(day, 12)) is valid


def line(number: int, text: str = "") -> Line:
    text = text or f"第{number}件事。"
    return Line(
        key=f"k{number}",
        rule_id=1,
        text=text,
        next_step="请回复「请假」。",
        card=("英语", "小雨", "周四"),
    )


def test_s5_several_lines_are_one_sentence_each_said_once() -> None:
    same = [line(1, "小雨周四上课。"), line(2, "小雨周四上课。"), line(3, "小宇周四上课。")]
    values = rules.notice_of("reminder", same, ()).values
    assert values["lines"] == "小雨周四上课。小宇周四上课。"
    assert values["next_step"] == "请回复「请假」。"
    assert values["what"] == "英语等2项"
    many = rules.notice_of("reminder", [line(n) for n in range(9)], ()).values["lines"]
    assert many.endswith("第5件事。另外还有3项。")


@pytest.mark.parametrize("quiet", ["25:00-08:00", "8-9", "22:00-22:00", "夜里"])
def test_s5_quiet_hours_have_to_be_a_time(quiet: str) -> None:
    with pytest.raises(ValueError, match="quiet_hours"):
        draft(quiet_hours=quiet)


def test_s5_every_kind_is_whole() -> None:
    """A usual number within its bounds, wordings that fit their facts' names, an end with a next
    step."""
    for kind in registry.kinds():
        least, usual, most = kind.amounts
        assert least <= usual <= most
        assert isinstance(kind.usual_time, time)
        for wording in kind.wordings.values():
            assert wording.line.endswith(("。", "！", "？"))
            assert "「" in wording.next_step or "回复" in wording.next_step
