"""The words of the logistics room."""

from pydantic import BaseModel, ConfigDict


class CampusView(BaseModel):
    """What anybody may know of a campus."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    name: str
    address: str
    transport: str
    phone: str
    opening_hours: str
    latitude: float | None = None
    longitude: float | None = None


class VenueView(BaseModel):
    """A room as those see it who look for one; `campus` is the name of its campus."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    name: str
    capacity: int
    campus_id: int
    campus: str
