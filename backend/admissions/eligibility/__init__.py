"""入学条件: what a child has to bring for a course (A11): grade, age, course before, placement."""
