"""Links to pages of ours, and links in what strangers write.

WeChat shows `<a href="…">` in a text as a link that hides where it leads, or that says a command in
the reader's name; staff see the address instead (X3)."""

import re

from backend.kit.config import settings

_LINK = re.compile(
    r"""<\s*a\b[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))[^>]*>(.*?)<\s*/\s*a\s*>""",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<(?=\s*[a-zA-Z/!])")


def page_in_wechat(path: str) -> str:
    """The address of a page of ours for a message: WeChat signs its reader in on the way."""
    return f"{settings().public_url}/oauth/start?next={path}"


def spelled_out(text: str) -> str:
    """`<a href="https://x.cn">退款</a>` → `退款（https://x.cn）`; nothing that is left opens a tag.
    Applying it twice changes nothing."""
    return _TAG.sub("＜", _LINK.sub(_shown, text))


def _shown(found: re.Match[str]) -> str:
    address = found.group(1) or found.group(2) or found.group(3) or ""
    return f"{found.group(4)}（{address}）"
