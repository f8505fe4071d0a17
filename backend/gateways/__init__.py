"""Gateways: the doors to the outside world, as ports and the adapters that fill them.

Words: port (a Protocol a room may call), adapter (the real thing over HTTP), console double (logs
instead of sending). Promise: a room sees only `ports`; adapters are imported by `wiring` alone;
every failure is a GatewayError that says whether trying again can help and names the fix.
"""
