"""课次的一生: a lesson from the day somebody is expected in it to the hour it costs.

`seating` says who is expected, `leaves` and `makeups` who is not and when instead, `calling` who
came, `sheets` what that consumes and why. `seats` moves learners between classes, `pauses` lets
them rest, `staffing` finds another teacher, `clashes` names what the database refuses.
Whoever changes a lesson's attendances locks the lesson first (`sheets.opened`). Reads are in
`queries`.
"""
