"""后勤 Logistics: where things are.

Words: Campus 校区, Venue 场地 (a room of a campus). Stock, purchases and assets follow with their
issue.
Promise: an address or a room is written down once, here.
"""
