"""工单 Tickets: from one sentence to the corrective action (S7–S10).

Words: Ticket 工单, Severity 严重程度, Note 记录, Task 任务, Alert 提醒, Saved answer 常用答复,
Cause 原因, Corrective action 纠正措施.
Promise: a ticket has somebody responsible and a deadline as long as it is open; its author hears
what was decided in the same chat and has the last word; who wants to stay unnamed does.
"""
