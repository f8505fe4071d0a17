"""The books beyond single entries: periods, vouchers, budgets, statements and what they say.

Promise: what is closed stays as it was reported, nobody books for themselves alone, and every
figure opens the entries it is made of.
"""
