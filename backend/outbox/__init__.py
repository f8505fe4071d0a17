"""The outbox: what the institution will say to somebody, written before it is said.

Words: Recipient (whom and over which channels), Notice (what), OutboxMessage (the row), Attempt.
Promise: a notice posted in a transaction goes out after it commits, once per dedupe key, by the
best channel that works, or becomes a task for a person.
"""
