"""提醒 Reminders: who is told what by themselves, when, from one table of rules.

Words: Kind (what can be reminded of, in code), Rule (a kind switched on for an audience, a row),
Fact (something due, found by the room that owns it), Contact (whom to tell about it), Plan.
Promise: the preview and the sending ask the same `planning.plan`; each rule tells each person once
of each thing; nothing is told that a person declined, in quiet hours, or beyond a day's cap.
"""
