"""作业: set by the teachers of a class, told to its families, handed in, and commented on (T12).

`setting` gives and takes back, `handing` hands in and comments, `queries` reads, `reminding` is
what the table of rules knows of it. Only who teaches a class sets and marks for it (`teachers`),
and only its learners' families see and hand in: the ids of learners come from whoever speaks.
"""
