"""The refusals of WeChat Pay v3: an HTTP status with a code and a message in Chinese."""

from __future__ import annotations

from flask import Response, jsonify


class PayError(Exception):
    """A refusal; `code` is one of WeChat Pay's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status, self.code, self.message = status, code, message


def wrong_parameter(message: str) -> PayError:
    """Return the refusal of a malformed or missing parameter."""
    return PayError(400, "PARAM_ERROR", message)


def refused(error: PayError) -> tuple[Response, int]:
    """Return the body of a refusal."""
    return jsonify(code=error.code, message=error.message), error.status
