"""The calls that need no access token because they hand it out."""

from __future__ import annotations

from sandbox.api.gate import api_blueprint
from sandbox.api.tokens import add_token_routes

open_calls = api_blueprint("open_calls", guarded=False)
add_token_routes(open_calls)
