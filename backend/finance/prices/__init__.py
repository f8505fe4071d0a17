"""价格 Prices: what something costs, for whom, and why, to the fen.

Words: Price 收费标准, bundle 课时包, Package 套餐, Promotion 优惠, coupon code 优惠码, Quote 报价,
Step 报价步骤, FeeCap 收费上限, PriceChange 价格变更 (proposed by one, approved by another).
Promise: the steps of a quote sum to its total, the lines of an order to the same; what was quoted
is frozen with the order; a code is never used more often than it may be, not even in a race.
"""
