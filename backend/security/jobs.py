"""The clock's door of the security room."""

from backend.kit import queue
from backend.kit.db import reading
from backend.security import followers, rotation

ROTATING_SECONDS = 30


def tag_followers() -> None:
    """Give everybody whose role has changed the menu of the new one."""
    followers.tag_followers()


def rotate_keys() -> None:
    """Move what is encrypted to the current keys for a while, and ring for the rest."""
    if rotation.go_on(seconds=ROTATING_SECONDS):
        queue.defer("backend.security.jobs.rotate_keys")


def go_on_rotating() -> None:
    """Take up a rotation whose worker has died."""
    with reading() as session:
        found = rotation.latest(session)
    if found is not None and found.finished_at is None:
        queue.defer("backend.security.jobs.rotate_keys")
