"""学员档案 The student file: what is on it beyond name and grade, who looked, what was agreed to,
and how a family gets a copy or has it erased.

Promise: masked unless there is a reason, no look without a trace, no purpose without a consent,
nothing erased that the law makes us keep and nothing kept that it does not.
"""
