"""Where things are, and which campus is near."""

from sqlalchemy.orm import Session

from backend.logistics import queries, service


def test_the_nearest_campus_comes_first_and_unplaced_ones_not_at_all(session: Session) -> None:
    for name, latitude, longitude in (
        ("朝阳校区", 39.9960, 116.4700),
        ("海淀校区", 39.9810, 116.3150),
        ("新校区", None, None),
    ):
        service.open_campus(
            session, name=name, address="某路1号", latitude=latitude, longitude=longitude
        )
    near = queries.campuses_by_distance(session, latitude=39.99, longitude=116.32)
    assert [campus.name for campus, _ in near] == ["海淀校区", "朝阳校区"]
    assert 0.9 < near[0][1] < 1.3
    assert 12.3 < near[1][1] < 13.3


def test_names_for_nothing_are_no_names(session: Session) -> None:
    assert queries.names(session, campus_ids=set(), venue_ids=set()) == ({}, {})
