"""Starts and watches everything that makes a town: redis, nlu, web, workers, clock and sandbox.

It knows programs, ports and environment variables, and imports none of what it starts, so a test
can raise a second town beside the first one on other ports with another var directory.
"""
