"""招生 Admissions: from the first hello to a paid seat.

Words: Lead 线索 (somebody who may come), Advisor 顾问, FollowUp 跟进, SignUp 报名 (a child, a
class, an order).
Promise: nobody who asks is forgotten, every lead has an advisor, and a paid sign-up becomes a
student file and a seat exactly once.
"""
