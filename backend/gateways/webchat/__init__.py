"""The chat window on our own website, as a place to which letters are delivered.

`lines` holds what a visitor's window shows, numbered for each visitor without a gap; `sender` is
the port through which the outbox puts something there.
"""
