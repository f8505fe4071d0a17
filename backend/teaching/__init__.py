"""教学 Teaching: what is taught, to whom, when and where.

Words: Course 课程, ClassGroup 班级, Lesson 课次, Enrollment 在班 (a seat: held, active or ended),
Attendance 考勤 (a learner's place in one lesson), Absence 缺课, Makeup 补课, Substitution 代课.
Promise: a seat is never sold twice; nobody is in two lessons at once; what a lesson consumes has a
reason, once.
"""
