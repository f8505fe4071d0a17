"""Structured logs on standard error. Phone numbers never reach them in clear (PIPL §51)."""

import logging
import re
import sys
from typing import Any

import structlog

_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")


def mask_phones(text: str) -> str:
    """`13812345678` → `138****5678`, anywhere in a text."""
    return _PHONE.sub(r"\1****\2", text)


def _mask(_logger: Any, _name: str, entry: Any) -> Any:
    return {k: mask_phones(v) if isinstance(v, str) else v for k, v in entry.items()}


def set_up(level: str) -> None:
    """Configure this process: one line of key=value pairs per event."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # It logs whole URLs, tokens included.
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
