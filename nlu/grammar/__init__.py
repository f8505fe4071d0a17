"""Writes training sentences from compact patterns; the same input gives the same sentences."""
