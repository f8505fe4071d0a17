"""What the values of a dimension are called."""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from backend.admissions import words
from backend.admissions.figures.schemas import Dimension, Sums
from backend.admissions.schemas import LostReason
from backend.logistics import queries as places
from backend.security import queries as people
from backend.teaching import queries as classes

NOBODY = {Dimension.CAMPUS: "未定校区", Dimension.ADVISOR: "公海"}


def names_of(
    session: Session, by: Mapping[Dimension, Iterable[tuple[str, Sums]]]
) -> dict[tuple[Dimension, str], str]:
    """The name of each value, four queries for all of them."""
    ids = {
        each: {int(value) for value, _ in by[each] if value != "0"}
        for each in (Dimension.CAMPUS, Dimension.ADVISOR, Dimension.COURSE)
    }
    campuses, _ = places.names(session, campus_ids=ids[Dimension.CAMPUS], venue_ids=set())
    members = people.staff_members(session, ids[Dimension.ADVISOR])
    known: dict[Dimension, Mapping[int, str]] = {
        Dimension.CAMPUS: campuses,
        Dimension.ADVISOR: {id_: member.name for id_, member in members.items()},
        Dimension.COURSE: classes.course_names(session, ids[Dimension.COURSE]),
    }
    labels = channels(session)
    found = {}
    for dimension, values in by.items():
        for value, _ in values:
            if dimension in known:
                name = known[dimension].get(int(value), NOBODY.get(dimension, "未选课程"))
            elif dimension is Dimension.REASON:
                name = words.REASONS[LostReason(value)]
            else:
                name = labels.get(value) or words.source_name(value)
            found[dimension, value] = name
    return found


def channels(session: Session) -> dict[str, str]:
    """The channels and campaigns that have a code, and those without, by how leads have them."""
    coded = {each.source: each.label for each in people.codes(session)}
    origins = {k: v for k, v in coded.items() if k.startswith(("channel:", "campaign:"))}
    return {**words.SOURCES, **origins}
