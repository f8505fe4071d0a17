"""Thanks for friends: once, after the days of the full refund, and taken back (F3, §4 rule 9)."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from backend.admissions.intake import referring
from backend.admissions.models import SignUp
from backend.admissions.referrals import jobs, service
from backend.admissions.referrals.models import Referral
from backend.admissions.schemas import SignUpStatus
from backend.finance.models import Order
from backend.finance.prices import codes
from backend.finance.prices.models import CodeUse, Promotion
from backend.finance.prices.schemas import CodeUnknown
from backend.finance.refund_words import RefundApproved
from backend.finance.schemas import OrderPaid
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.security import service as security
from backend.security.schemas import Role
from backend.students.models import Guardian
from tests.backend.admissions.figures import histories
from tests.backend.admissions.figures.histories import NOW, World
from tests.backend.admissions.test_lead_pages import entered, shown
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]
LATER = NOW + timedelta(days=8)


@pytest.fixture
def world(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Four friends of one guardian have paid; the last one is the guardian under another name."""
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    with clock.frozen(NOW):
        with unit_of_work() as session:
            world = histories.open_world(session)
            sender = Guardian(name="王芳", phone="13800000000", phone_index="x", created_at=NOW)
            session.add(sender)
            session.add(
                Promotion(
                    name="老带新",
                    occasion="referral",
                    gift_lessons=2,
                    code="FRIEND",
                    effective_from=NOW.date(),
                )
            )
            session.flush()
            for number in range(4):
                histories.do(world, (0, number, number, 0))
                world.leads[-1].source = f"referral:{referring.code_of(sender.id)}"
                histories.do(world, (7, number, number, 0))
                histories.do(world, (8, number, 1, 0))
                world.signed[-1].openid = f"o_friend_{number}"
            security.meet(session, "o_friend_3").guardian_id = sender.id
            security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
        yield world


def _paid(signed: SignUp, order: Order) -> OrderPaid:
    return OrderPaid(
        order_id=order.id,
        number=order.number,
        payer_openid=signed.openid,
        purpose_key=f"sign_up:{signed.id}",
        total_fen=order.total_fen,
    )


def _back(session_number: int) -> RefundApproved:
    with reading() as session:
        signed = session.scalars(select(SignUp).order_by(SignUp.id)).all()[session_number]
        order = session.scalars(select(Order).where(Order.number == signed.order_number)).one()
        return RefundApproved(
            refund_id=1,
            order_id=order.id,
            number=order.number,
            purpose_key=f"sign_up:{signed.id}",
            payer_openid=signed.openid,
            amount_fen=1,
        )


def test_a_friend_is_thanked_for_once_and_taken_back_with_the_money(
    site: Site, world: World
) -> None:
    with unit_of_work() as session:
        for signed in session.scalars(select(SignUp).order_by(SignUp.id)):
            signed.status = SignUpStatus.DONE
            order = session.scalars(select(Order).where(Order.number == signed.order_number)).one()
            for _ in range(2):
                service.paid(session, _paid(signed, order))
    with unit_of_work() as session:
        assert session.scalar(select(func.count(Referral.id))) == 3  # Nobody is their own friend.
        service.undone(session, _back(0))
    jobs.reward_due()  # Nothing is due in the first week.
    with clock.frozen(LATER):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: jobs.reward_due(), range(2)))
        with unit_of_work() as session:
            rows = list(session.scalars(select(Referral).order_by(Referral.id)))
            assert [row.status for row in rows] == ["void", "given", "given"]
            coupons = select(Promotion).where(Promotion.is_personal).order_by(Promotion.id)
            made = list(session.scalars(coupons))
            assert [(each.gift_lessons, each.limit_total) for each in made] == [(2, 1), (2, 1)]
            held = codes.open_code(session, code=rows[2].code or "", on=clock.today())
            use = {"openid": "o_x", "person": "o_x", "status": codes.USED, "at": clock.now()}
            order_id = session.scalars(select(Order.id).order_by(Order.id).limit(1)).one()
            session.add(CodeUse(promotion_id=held.id, order_id=order_id, **use))
        for number in (1, 1, 2):
            with unit_of_work() as session:
                service.undone(session, _back(number))
        with reading() as session:
            rows = list(session.scalars(select(Referral).order_by(Referral.id)))
            assert [row.status for row in rows] == ["void", "taken", "given"]  # Used is used.
            with pytest.raises(CodeUnknown):
                codes.open_code(session, code=rows[1].code or "", on=clock.today())
            told = select(OutboxMessage.template).order_by(OutboxMessage.id)
            found = [each for each in session.scalars(told) if each and each.startswith("ref")]
            assert found == ["referral_rewarded", "referral_rewarded", "referral_taken_back"]
        page = shown(entered(site, "o_head"), "/referrals")
        for words in ("赠2课时", "已发奖励券1个", "期内退费，不发1个", "退费后收回1个", "王芳"):
            assert words in page
