"""The tool wall: technical pieces without one domain word, which every room may use.

config, db, queue, events, clock, money, crypto, errors, http, log. If a piece here would have to
know what a lead or an invoice is, it belongs to a room instead.
"""
