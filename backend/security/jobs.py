"""The clock's door of the security room."""

from backend.security import followers


def tag_followers() -> None:
    """Give everybody whose role has changed the menu of the new one."""
    followers.tag_followers()
