"""成绩: what the learners of a class reached in a test, entered, published, and told once.

`entering` writes, `queries` reads, `rules` decides what a mark is and how it compares with the same
learner's earlier ones. Only who teaches the class and the academic office enter; a family reads its
own children's published marks, and nobody is ever ranked.
"""
