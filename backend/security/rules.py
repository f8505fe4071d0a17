"""Decisions of the security room, without I/O."""

import hashlib


def page_signature(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """What `wx.config` proves itself with: SHA-1 over these four in this order, the address
    without its fragment (official JS-SDK documentation, appendix 1)."""
    signed = (
        f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.split('#', 1)[0]}"
    )
    return hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324 - the platform's choice.


def is_own_page(url: str, *, site: str) -> bool:
    """Whether an address is a page of `site` (scheme, host) and not of one that begins alike."""
    return url == site or url.startswith((f"{site}/", f"{site}?"))
