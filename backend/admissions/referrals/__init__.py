"""推荐奖励: what a family gets whose friend signed up, paid and stayed (F3).

Words: Referral 推荐 (one friend of one family), coupon 奖励券 (worth what the approved 老带新 is
worth, once, for that family). Promise: once per friend, after the days in which everything may
go back (§4 rule 9), never money, and taken back while unused when the friend's money goes back.
"""
