"""候补 Waitlist: who waits for a seat in a full class, and who is offered the next one.

Words: Waiting 候补 (a child in the line of a class), offer 名额邀请 (a held seat with a deadline).
Promise: one seat is offered to one family at a time, in the order of the line; what is not taken in
time goes on to the next, also when everything was down meanwhile.
"""
