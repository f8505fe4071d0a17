"""Quotes and orders on real databases: codes, siblings, caps, what is frozen (F1–F4)."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import attempts, service
from backend.finance.prices import codes
from backend.finance.prices import service as prices
from backend.finance.prices.models import CodeUse, Package, PackageItem, Promotion
from backend.finance.prices.queries import steps_of
from backend.finance.prices.schemas import CodeSpent, CodeUnknown, FeeCapExceeded, Quote, Wanted
from backend.finance.schemas import NewLine, OrderClosed, OrderPaid, OrderView, PaymentMethod
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.teaching.models import Course
from tests.backend.finance import scenes

ME, OTHER = "o_me", "o_other"


@pytest.fixture(autouse=True)
def wired(heard: list[object]) -> None:
    events.listen(OrderPaid, prices.take)
    events.listen(OrderClosed, prices.free)


def priced(session: Session, *, lessons: int = 16, fen: int = 128_000) -> scenes.School:
    """A school whose course is for primary pupils and has a price."""
    school = scenes.open_school(session)
    course = session.get_one(Course, school.course_id)
    course.grade_from, course.grade_to = 1, 6
    service.set_price(
        session, course_id=school.course_id, campus_id=None, amount_fen=fen,
        lesson_count=lessons, effective_from=clock.today() - timedelta(days=1),
        material_fee_fen=8_000,
    )  # fmt: skip
    return school


def promote(session: Session, **facts: object) -> int:
    """A promotion in force since yesterday."""
    row = Promotion(
        **{"name": "春季优惠", "occasion": "coupon", "percent": 100, "amount_fen": 0, "from_fen": 0,
           "gift_lessons": 0, "days_before": 0,
           "effective_from": clock.today() - timedelta(days=1), **facts}
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def ask(session: Session, school: scenes.School, *, openid: str = ME, **more: object) -> Quote:
    wanted = Wanted(class_group_id=school.class_group_id)
    return prices.quote(session, payer_openid=openid, wanted=wanted, **more)  # type: ignore[arg-type]


def order(session: Session, quote: Quote, key: str, *, openid: str = ME) -> OrderView:
    return service.bill(
        session, payer_openid=openid, purpose_key=key, lines=quote.lines, quote=quote,
        expires_at=clock.now() + timedelta(hours=1),
    )  # fmt: skip


def test_an_order_keeps_its_quote_and_holds_its_code(session: Session) -> None:
    school = priced(session)
    promote(session, code="SPRING", amount_fen=10_000, limit_total=1)
    quote = ask(session, school, code=" spring ")
    assert (quote.list_fen, quote.total_fen) == (136_000, 126_000)
    billed = order(session, quote, "sign_up:1")
    assert steps_of(session, billed.id) == quote.steps
    with pytest.raises(CodeSpent):
        ask(session, school, code="SPRING", openid=OTHER)
    service.set_price(  # A dearer price tomorrow or now changes nothing for the order.
        session, course_id=school.course_id, campus_id=None, amount_fen=999_00,
        lesson_count=16, effective_from=clock.today(),
    )  # fmt: skip
    attempt = attempts.begin(
        session, number=billed.number, openid=ME, method=PaymentMethod.WECHAT_JSAPI
    )
    assert attempt.amount_fen == 126_000
    service.cancel(session, number=billed.number, openid=ME)
    again = order(session, ask(session, school, code="SPRING", openid=OTHER), "sign_up:2",
                  openid=OTHER)  # fmt: skip
    service.settle(session, paid=scenes.fact(scenes.begin(session, again)))
    service.settle(session, paid=scenes.fact(attempt))  # Late money: the price was promised.
    uses = session.scalars(select(CodeUse).order_by(CodeUse.id)).all()
    assert [use.status for use in uses] == [codes.USED, codes.USED]
    with pytest.raises(CodeSpent):
        ask(session, school, code="SPRING", openid="o_third")


def test_a_code_has_its_limits(session: Session) -> None:
    school = priced(session)
    promote(session, code="TWICE", amount_fen=100, limit_per_person=1, period_days=30)
    promote(session, code="OTHER", amount_fen=100, course_id=priced(session).course_id)
    promote(session, code="OVER", amount_fen=100, effective_to=clock.today())
    for code in ("OTHER", "OVER", "NONE"):
        with pytest.raises(CodeUnknown):
            ask(session, school, code=code)
    order(session, ask(session, school, code="TWICE"), "sign_up:1")
    with pytest.raises(CodeSpent):
        ask(session, school, code="TWICE")
    assert ask(session, school, code="TWICE", openid=OTHER).total_fen == 135_900
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert ask(session, school, code="TWICE").total_fen == 135_900


def test_the_last_use_of_a_code_goes_to_one_of_many(database: str) -> None:
    """Eight people send their orders off at the same moment (race)."""
    with unit_of_work() as session:
        school = priced(session)
        promote(session, code="LAST", amount_fen=10_000, limit_total=2)
        quotes = [ask(session, school, code="LAST", openid=f"o_{n}") for n in range(8)]
    barrier, spent = threading.Barrier(8), []

    def send(n: int) -> None:
        barrier.wait()
        try:
            with unit_of_work() as session:
                order(session, quotes[n], f"sign_up:{n}", openid=f"o_{n}")
        except CodeSpent:
            spent.append(n)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        assert len(session.scalars(select(CodeUse)).all()) == 2
    assert len(spent) == 6


def test_no_bill_goes_over_the_legal_caps(session: Session) -> None:
    school = priced(session, lessons=61)
    with pytest.raises(FeeCapExceeded) as refused:
        order(session, ask(session, school), "sign_up:1")
    assert (refused.value.facts["most"], refused.value.facts["asked"]) == (60, 61)
    dear = priced(session, fen=500_000)  # With the books it is more than 5,000 yuan at once.
    with pytest.raises(FeeCapExceeded):
        order(session, ask(session, dear), "sign_up:2")
    by_hand = NewLine(description="课", course_id=dear.course_id, lesson_count=1,
                      list_fen=500_001, net_fen=500_001)  # fmt: skip
    with pytest.raises(FeeCapExceeded):
        service.bill(session, payer_openid=ME, purpose_key="x:1", lines=[by_hand],
                     expires_at=clock.now() + timedelta(hours=1))  # fmt: skip


def test_children_who_sign_up_together(session: Session) -> None:
    school = priced(session)
    promote(session, occasion="sibling", name="二宝9折", percent=90)
    promote(session, code="ONCE", amount_fen=100, limit_total=1)
    wanted = [Wanted(class_group_id=school.class_group_id, child_name=n) for n in ("小雨", "小晴")]
    found = prices.quote_all(session, payer_openid=ME, wanted=wanted, code="ONCE")
    assert [each.total_fen for each in found] == [135_900, 123_200]


def test_bundles_packages_and_prices_for_some_learners(session: Session) -> None:
    school, other = priced(session), priced(session, lessons=10, fen=50_000)
    today = clock.today()
    bundle = service.set_price(
        session, course_id=school.course_id, campus_id=None, amount_fen=70_000, lesson_count=8,
        effective_from=today, is_bundle=True,
    )  # fmt: skip
    package = Package(name="双科", total_fen=60_000, effective_from=today, items=[
        PackageItem(course_id=school.course_id, lesson_count=8),
        PackageItem(course_id=other.course_id, lesson_count=4),
    ])  # fmt: skip
    session.add(package)
    service.set_price(
        session, course_id=school.course_id, campus_id=None, amount_fen=200_000, lesson_count=16,
        effective_from=today, learner_type="adult",
    )  # fmt: skip
    session.flush()
    assert ask(session, school).list_fen == 136_000  # Neither the bundle nor that of grown-ups.
    found = prices.quote(session, payer_openid=ME, wanted=Wanted(bundle_id=bundle))
    assert (found.total_fen, found.lines[0].lesson_count) == (70_000, 8)
    both = prices.quote(
        session, payer_openid=ME, wanted=Wanted(package_id=package.id, campus_id=school.campus_id)
    )
    assert [(line.list_fen, line.net_fen) for line in both.lines] == [
        (64_000, 45_714),
        (20_000, 14_286),
    ]


def test_a_price_set_for_a_day_ends_the_one_before(session: Session) -> None:
    school = priced(session)

    def on(day: date) -> int:
        return ask(session, school, on=day).total_fen

    service.set_price(
        session, course_id=school.course_id, campus_id=None, amount_fen=150_000, lesson_count=16,
        effective_from=clock.today() + timedelta(days=10),
    )  # fmt: skip
    assert on(clock.today() + timedelta(days=9)) == 136_000
    assert on(clock.today() + timedelta(days=10)) == 150_000
