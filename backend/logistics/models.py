"""Tables of the logistics room."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.kit.db import Base


class Campus(Base):
    """校区: an address people come to. Latitude and longitude are WGS-84 degrees."""

    __tablename__ = "logistics_campus"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    address: Mapped[str] = mapped_column(String(120))
    transport: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    opening_hours: Mapped[str] = mapped_column(String(80), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    venues: Mapped[list["Venue"]] = relationship(back_populates="campus")


class Venue(Base):
    """场地: a room in which a lesson can take place."""

    __tablename__ = "logistics_venue"

    id: Mapped[int] = mapped_column(primary_key=True)
    campus_id: Mapped[int] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    capacity: Mapped[int]
    campus: Mapped[Campus] = relationship(back_populates="venues")
