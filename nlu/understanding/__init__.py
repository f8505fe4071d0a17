"""Reads Chinese messages: text in, intent and entities out; knows nothing of Rasa or HTTP.

Kept apart from the Rasa components so that experiments and cross-validation run in seconds.
"""
