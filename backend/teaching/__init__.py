"""教学 Teaching: what is taught, to whom, when and where.

Words: Course 课程, ClassGroup 班级, Lesson 课次, Enrollment 在班 (a seat: held, active or ended).
Promise: a seat is never sold twice; a learner's timetable is read from lessons, never copied.
"""
