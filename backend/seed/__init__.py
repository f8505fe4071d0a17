"""A small believable institution, so that a newcomer can try the bot with somebody to talk to.

The people carry the WeChat ids of the sandbox's cast. Loading again changes nothing.
"""

from backend.seed import passwords
from backend.seed.load import load

__all__ = ["load", "passwords"]
