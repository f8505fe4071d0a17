"""Conversations, one file each, and the one small slot-filling engine (`form`).

A flow is a function `Talk -> Reply`. It may change the domain through services and the talk through
`talk.state`; both are committed together or not at all.
"""
