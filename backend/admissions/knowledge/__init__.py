"""知识库 Knowledge: what people ask again and again, answered in the house's own words.

Words: Entry 条目 (a question, other ways to ask it, the answer, where and how long it holds),
review 复核 (somebody looks again whether it is still true), Proposal 建议 (a question that a person
has just answered and that might be worth keeping).
Promise: the bot says nothing here that a person has not written or accepted, and nothing after its
last day.
"""
