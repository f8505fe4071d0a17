"""What a lesson consumes: every rule, over everything that can happen (§4, rules 3–5 and 7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.teaching import rules
from backend.teaching.schemas import Decision, Kind, LearnerType, Mark, Terms, Why

MARKS = [mark for mark in Mark if mark is not Mark.EXPECTED]
TERMS = st.builds(
    Terms,
    notice_minutes=st.integers(0, 3 * 24 * 60),
    late_leave_consumes=st.booleans(),
    absent_consumes=st.booleans(),
    late_leave_makeup=st.booleans(),
    absent_makeup=st.booleans(),
)
NOTICES = st.timedeltas(timedelta(days=-2), timedelta(days=9))
DECIDING = st.tuples(
    st.sampled_from(Kind), st.sampled_from(MARKS), TERMS, NOTICES, st.booleans(), st.integers(0, 1)
)
Deciding = tuple[Kind, Mark, Terms, timedelta, bool, int]


def decided(of: Deciding) -> Decision:
    kind, mark, terms, notice, is_paused, already = of
    return rules.decision_of(kind, mark, terms, notice=notice, is_paused=is_paused, already=already)


@given(DECIDING)
def test_what_never_consumes(of: Deciding) -> None:
    kind, mark, terms, notice, is_paused, already = of
    decision = decided(of)
    assert decision.lessons in (0, 1)
    in_time = mark is Mark.LEAVE and notice >= timedelta(minutes=terms.notice_minutes)
    if kind is Kind.TRIAL or mark is Mark.FREED or is_paused or in_time or already:
        assert decision.lessons == 0
    elif mark in (Mark.PRESENT, Mark.LATE):
        assert decision == Decision(lessons=1, why=Why.ATTENDED)


@given(DECIDING)
def test_a_right_to_a_makeup_comes_from_a_missed_regular_lesson_only(of: Deciding) -> None:
    kind, mark, _, _, is_paused, _ = of
    decision = decided(of)
    if decision.opens_makeup:
        assert kind is Kind.REGULAR
        assert mark in (Mark.LEAVE, Mark.ABSENT, Mark.FREED)
    if kind is Kind.REGULAR and not is_paused and decision.why is Why.LEAVE_IN_TIME:
        assert decision.opens_makeup
    if kind is Kind.REGULAR and mark is Mark.FREED:
        assert decision == Decision(lessons=0, why=Why.INSTITUTION, opens_makeup=True)


@given(TERMS, NOTICES, NOTICES)
def test_more_notice_never_costs_more(terms: Terms, one: timedelta, other: timedelta) -> None:
    early, late = max(one, other), min(one, other)
    cost = [
        rules.decision_of(Kind.REGULAR, Mark.LEAVE, terms, notice=n).lessons for n in (early, late)
    ]
    assert cost[0] <= cost[1]


@given(TERMS, st.sampled_from([Mark.LEAVE, Mark.ABSENT]))
def test_missing_a_lesson_follows_the_published_terms(terms: Terms, mark: Mark) -> None:
    late = timedelta(minutes=-1)
    decision = rules.decision_of(Kind.REGULAR, mark, terms, notice=late)
    consumes, repeats = (
        (terms.late_leave_consumes, terms.late_leave_makeup)
        if mark is Mark.LEAVE
        else (terms.absent_consumes, terms.absent_makeup)
    )
    assert (decision.lessons, decision.opens_makeup) == (int(consumes), repeats)


@given(st.sampled_from(MARKS), TERMS, NOTICES)
def test_a_makeup_never_consumes_what_was_consumed(mark: Mark, terms: Terms, n: timedelta) -> None:
    paid = rules.decision_of(Kind.MAKEUP, mark, terms, notice=n, already=1)
    assert (paid.lessons, paid.opens_makeup) == (0, False)


def test_the_cut_off_itself_is_in_time() -> None:
    starts_at = datetime(2026, 12, 5, 9, tzinfo=UTC)
    terms = Terms(notice_minutes=240)
    last = starts_at - rules.free_until(starts_at, terms)
    in_time, late = (
        rules.decision_of(Kind.REGULAR, Mark.LEAVE, terms, notice=n).why
        for n in (last, last - timedelta(seconds=1))
    )
    assert (in_time, late) == (Why.LEAVE_IN_TIME, Why.LATE_LEAVE)


def test_nothing_is_decided_before_the_roll_is_called() -> None:
    with pytest.raises(ValueError):
        rules.decision_of(Kind.REGULAR, Mark.EXPECTED, Terms())


@pytest.mark.parametrize(
    ("grades", "wanted"),
    [
        ((0, 0), LearnerType.PRESCHOOL),
        ((0, 3), LearnerType.SCHOOL),
        ((3, None), LearnerType.SCHOOL),
        ((None, None), LearnerType.ADULT),
    ],
)
def test_a_course_tells_whom_it_is_for(
    grades: tuple[int | None, int | None], wanted: LearnerType
) -> None:
    assert rules.learner_type_of(*grades) is wanted
