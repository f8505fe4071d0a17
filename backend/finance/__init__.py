"""财务 Finance: what things cost, who paid, what is still owed to whom.

Words: Price 价格, Order 订单, OrderLine 订单行, Payment 支付单 (one attempt to pay an order),
PaymentNotice 支付通知, SurplusReceipt 多收款, LessonAccount 课时账户, HourEntry 课时流水,
JournalEntry 记账凭证, JournalLine 分录.
Promise: an order is paid once however often we are told; money that came in is never lost, not
even for a closed order; every fen has a balanced journal entry in the transaction that moved it.
"""
