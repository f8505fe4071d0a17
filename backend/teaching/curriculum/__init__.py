"""课程体系: programmes and their levels, course standards by version, and the plan of each class.

`programmes` keeps levels, `standards` takes a version from draft to publication, `plans` notes what
was taught; `queries` reads, `rules` decides what is where. A plan is reckoned from the standard,
the real lessons and what was noted: nothing has to be kept in step.
"""
