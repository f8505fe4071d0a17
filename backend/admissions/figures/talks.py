"""How long customers wait for an advisor in a talk that the bot has given away: what the figures
hold of each such talk, the one definition, and bringing it to what is so (A8, A18).

The wait runs from the customer's message to the first word of a person. A talk belongs to the lead
that its WeChat had then: the last one that had come, else the first.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from backend.admissions.figures import facts
from backend.admissions.figures.facts import Sums, Values
from backend.admissions.figures.models import FigureTalk
from backend.admissions.models import Lead
from backend.admissions.schemas import BY_THEMSELVES, FROM_WEBSITE
from backend.gateways.visitors import is_visitor
from backend.kit import clock
from backend.security.schemas import Role
from backend.students import queries as customers

DIMENSION = "talk"
SLACK = timedelta(minutes=1)
"""A lead opened in the turn of a message is a little younger than the message."""
COLUMNS = [column.name for column in FigureTalk.__table__.columns if column.name != "talk_id"]
_MEASURES = ("responded", "quick", "response_seconds", "office_seconds")


def of_talks(session: Session, talk_ids: Collection[int]) -> dict[int, Values]:
    """The columns of `FigureTalk` for each of these talks that asked for an advisor."""
    talks = customers.responses(session, Role.ADVISOR, ids=talk_ids)
    query = select(Lead.id, Lead.openid, Lead.created_at, Lead.source, Lead.campus_id)
    leads = session.execute(
        query.where(Lead.openid.in_({talk.openid for talk in talks})).order_by(Lead.id)
    ).all()
    found = {}
    for talk in talks:
        theirs = [lead for lead in leads if lead.openid == talk.openid]
        before = [lead for lead in theirs if lead.created_at <= talk.asked_at + SLACK]
        lead = before[-1] if before else theirs[0] if theirs else None
        by_themselves = FROM_WEBSITE if is_visitor(talk.openid) else BY_THEMSELVES
        found[talk.id] = {
            "on": clock.local(talk.asked_at).date(),
            "lead_id": lead.id if lead else 0,
            "channel": lead.source if lead else by_themselves,
            "campus_id": (lead.campus_id if lead else 0) or 0,
            "advisor_id": talk.account_id,
            **facts.wait(talk.asked_at, talk.responded_at),
        }
    return found


def kept(session: Session, talk_ids: Collection[int]) -> dict[int, Values]:
    """What the figures hold of these talks."""
    columns = (getattr(FigureTalk, name) for name in ("talk_id", *COLUMNS))
    rows = session.execute(select(*columns).where(FigureTalk.talk_id.in_(talk_ids)))
    return {row[0]: dict(zip(COLUMNS, row[1:], strict=True)) for row in rows}


def every(session: Session) -> Iterator[Values]:
    """What the figures hold of all talks."""
    for row in session.execute(select(*(getattr(FigureTalk, name) for name in COLUMNS))):
        yield dict(zip(COLUMNS, row, strict=True))


def reckon(session: Session, talk_ids: Collection[int]) -> tuple[int, Sums]:
    """Bring these talks to what is so: how many were not, and by what the sums move."""
    sums = Sums()
    if not talk_ids:
        return 0, sums
    fresh, before = of_talks(session, talk_ids), kept(session, talk_ids)
    changed = [id_ for id_ in talk_ids if fresh.get(id_) != before.get(id_)]
    for id_ in changed:
        for values, sign in ((before.get(id_), -1), (fresh.get(id_), 1)):
            if values is not None:
                add(sums, values, sign)
    session.execute(delete(FigureTalk).where(FigureTalk.talk_id.in_(changed)))
    rows = [{"talk_id": id_, **fresh[id_]} for id_ in changed if id_ in fresh]
    if rows:
        session.execute(insert(FigureTalk), rows)
    return len(changed), sums


def add(sums: Sums, values: Values, sign: int) -> None:
    """Lay one talk on the sums of the row it belongs to."""
    key = values["on"], values["campus_id"], values["advisor_id"], DIMENSION, values["channel"]
    measures = {"leads": sign} | {name: sign * values[name] for name in _MEASURES}
    sums.setdefault(key, Counter()).update(measures)


def with_their_leads(
    session: Session, lead_ids: Collection[int], talk_ids: Collection[int]
) -> tuple[set[int], set[int]]:
    """Leads and talks of the same WeChats: what changes one may change the other."""
    openids = session.scalars(select(Lead.openid).where(Lead.id.in_(lead_ids)))
    named = {openid for openid in openids if openid}
    talks = customers.responses(session, Role.ADVISOR, ids=talk_ids, openids=named)
    told = select(FigureTalk.talk_id).where(FigureTalk.lead_id.in_(lead_ids))
    leads = session.scalars(select(Lead.id).where(Lead.openid.in_({t.openid for t in talks})))
    held = select(FigureTalk.lead_id).where(FigureTalk.talk_id.in_(talk_ids))
    return (
        {*lead_ids, *leads, *session.scalars(held)} - {0},
        {*talk_ids, *(t.id for t in talks), *session.scalars(told)},
    )
