"""Who talks from our own website: a visitor, known by a random id in a signed cookie.

A visitor's address stands wherever an openid does, so that talks, leads, orders and letters know no
difference. No openid of WeChat's holds a colon, so neither can be taken for the other; and nothing
that begins like this is ever told to WeChat.
"""

import secrets

PREFIX = "web:"


def new_visitor() -> str:
    """The address of somebody never seen before: 128 random bits."""
    return f"{PREFIX}{secrets.token_hex(16)}"


def is_visitor(openid: str | None) -> bool:
    """Whether an address is that of a visitor of our website."""
    return openid is not None and openid.startswith(PREFIX)
