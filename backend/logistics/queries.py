"""Reads of the logistics room."""

from math import asin, cos, radians, sin, sqrt

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.logistics.models import Campus, Venue
from backend.logistics.schemas import CampusView, VenueView

EARTH_KM = 6371.0


def campuses(session: Session) -> list[CampusView]:
    """All campuses, oldest first."""
    return [
        CampusView.model_validate(row)
        for row in session.scalars(select(Campus).order_by(Campus.id))
    ]


def names(
    session: Session, *, campus_ids: set[int], venue_ids: set[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Names of campuses and of rooms by id, for rooms above to show beside their own rows."""
    campuses = select(Campus.id, Campus.name).where(Campus.id.in_(campus_ids))
    campus_names = dict(session.execute(campuses).all())
    if not venue_ids:
        return campus_names, {}
    venues = select(Venue.id, Venue.name).where(Venue.id.in_(venue_ids))
    return campus_names, dict(session.execute(venues).all())


def venues(session: Session, *, campus_id: int | None = None) -> list[VenueView]:
    """Rooms of a campus, or of all, by campus and name."""
    query = (
        select(Venue.id, Venue.name, Venue.capacity, Venue.campus_id, Campus.name.label("campus"))
        .join(Campus, Campus.id == Venue.campus_id)
        .order_by(Campus.id, Venue.name)
    )
    if campus_id is not None:
        query = query.where(Venue.campus_id == campus_id)
    return [VenueView.model_validate(row) for row in session.execute(query)]


def venue_names(session: Session) -> list[str]:
    """What rooms are called, each name once: two campuses may both have a 301教室."""
    return list(session.scalars(select(Venue.name).distinct().order_by(Venue.name)))


def campuses_by_distance(
    session: Session, *, latitude: float, longitude: float
) -> list[tuple[CampusView, float]]:
    """Campuses with a known position and their distance in kilometres, nearest first."""
    placed = [
        (campus, _distance_km(latitude, longitude, campus.latitude, campus.longitude))
        for campus in campuses(session)
        if campus.latitude is not None and campus.longitude is not None
    ]
    return sorted(placed, key=lambda pair: pair[1])


def _distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance (haversine), good to well under a per cent within a city."""
    lat_a, lon_a, lat_b, lon_b = map(radians, (lat_a, lon_a, lat_b, lon_b))
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))
