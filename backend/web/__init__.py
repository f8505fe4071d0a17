"""The web glue: layouts, static files, error pages, and what every request passes through.

It knows no domain word. Promise: every answer carries safe headers and a request id, every failure
is a polite page that says what to do next, and pages stay readable when the styles are missing.
"""
