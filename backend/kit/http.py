"""Outgoing HTTP: one client per destination, always with a timeout, never following redirects."""

import httpx

USER_AGENT = "peixun/0.1"


def client(base_url: str, *, timeout_seconds: float = 5.0) -> httpx.Client:
    """A pooled, thread-safe client. Environment proxies are honoured only off loopback."""
    local = "//127.0.0.1" in base_url or "//localhost" in base_url
    return httpx.Client(
        base_url=base_url,
        timeout=httpx.Timeout(timeout_seconds, connect=min(2.0, timeout_seconds)),
        headers={"User-Agent": USER_AGENT},
        trust_env=not local,
    )
