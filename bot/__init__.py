"""The front door: the conversation of the WeChat official account.

Words: Incoming (what a person did), Meaning (what they want), Talk (one turn), Flow (one kind of
conversation), Reply (bubbles).
Promise: every message is answered once, in order, by somebody's own data only, and never with
«error».
"""
