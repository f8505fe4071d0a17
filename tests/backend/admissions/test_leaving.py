"""An advisor leaves: their open leads go to those who are here (X2, A17)."""

from collections import defaultdict

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import queries, service
from backend.admissions.assigning import offers
from backend.kit import events
from backend.outbox.models import OutboxMessage
from backend.security import accounts
from backend.security import service as staff
from backend.security.schemas import AccountDeactivated, Role


def test_a_leavers_leads_are_handed_on(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    listeners = defaultdict(list, {AccountDeactivated: [service.pass_on]})
    monkeypatch.setattr(events, "_listeners", listeners)
    leaver = staff.hire(session, name="周婷", role=Role.ADVISOR, openid="o_zhou")
    lead = service.open_lead(session, openid="o_customer", interest="英语")
    offers.claim(session, lead_id=lead.id, account_id=leaver.id)
    heir = staff.hire(session, name="王丽", role=Role.ADVISOR, openid="o_wang")
    for _ in range(2):
        accounts.deactivate(session, leaver.id, by="system")
    found = queries.open_lead_of(session, "o_customer")
    assert found is not None
    assert (found.advisor_id, found.claimed_at) == (heir.id, None)
    told = session.scalars(select(OutboxMessage.openid)).all()
    assert sorted(filter(None, told)) == ["o_wang", "o_zhou"]
