"""Which kinds there are and how their audiences are reached; `wiring` composes it from the rooms,
as it does gateways and events."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy.orm import Session

from backend.reminders.schemas import Agreed, Audience, Kind, Reach

_kinds: dict[str, Kind] = {}
_reaches: dict[Audience, Reach] = {}
_agreed: Agreed | None = None


def use(
    kinds: Iterable[Kind], reaches: Mapping[Audience, Reach], *, agreed: Agreed | None = None
) -> None:
    """Replace what is known; `agreed` tells who has consented to advertising: nobody without it."""
    global _agreed
    _agreed = agreed
    _kinds.clear()
    _kinds.update({kind.key: kind for kind in kinds})
    _reaches.clear()
    _reaches.update(reaches)


def kinds() -> list[Kind]:
    """All kinds, in the order in which they were given."""
    return list(_kinds.values())


def kind(key: str) -> Kind | None:
    """The kind of that key."""
    return _kinds.get(key)


def reach(audience: Audience) -> Reach:
    """How an audience is found."""
    return _reaches[audience]


def agreed_to_advertising(session: Session, persons: Collection[str]) -> set[str]:
    """Who of these persons has consented to advertising (PIPL §13, 广告法 §43)."""
    return _agreed(session, persons) if _agreed is not None else set()
