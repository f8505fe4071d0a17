"""Changes of the logistics room."""

from sqlalchemy.orm import Session

from backend.logistics.models import Campus, Venue


def open_campus(session: Session, *, name: str, address: str, **facts: object) -> Campus:
    """Add a campus; `facts` are further columns of `Campus`."""
    campus = Campus(name=name, address=address, **facts)
    session.add(campus)
    session.flush()
    return campus


def add_venue(session: Session, *, campus_id: int, name: str, capacity: int) -> Venue:
    """Add a room of a campus; capacity in seats."""
    venue = Venue(campus_id=campus_id, name=name, capacity=capacity)
    session.add(venue)
    session.flush()
    return venue
