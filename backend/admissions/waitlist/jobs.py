"""The clock's door of the waitlist."""

from backend.admissions.waitlist import offers
from backend.kit.db import reading, unit_of_work


def tend() -> None:
    """Offers whose time is over go on to the next, and so does every free seat that somebody still
    waits for. Twice, late and at once with a family's answer are all fine."""
    with reading() as session:
        over = offers.over(session)
    for waiting_id in over:
        with unit_of_work() as session:
            offers.expire(session, waiting_id=waiting_id)
    with reading() as session:
        awaited = offers.awaited(session)
    for class_group_id in awaited:
        with unit_of_work() as session:
            offers.promote(session, class_group_id=class_group_id)
