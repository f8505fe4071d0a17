"""Every sentence the bot says. Polite, short, and ending with what one can do next.

`general` serves all flows; the others are named after the flow they speak for.
"""

from bot.phrases.general import OUR_MISTAKE, broken_rule

__all__ = ["OUR_MISTAKE", "broken_rule"]
