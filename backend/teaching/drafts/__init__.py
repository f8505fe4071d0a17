"""排课 Drafts: the timetable made as a whole, and changed by hand (T4, T5).

Words: World 排课依据, Place 安排, Move 调课, Run 排课, Draft 草案, Gap 未排上, Receipt 回执,
Feed 日历订阅.
Promise: nobody ends up in two lessons at once, whoever changes what at the same moment; a change
reaches exactly those concerned, and a draft is adopted as a whole or not at all.
"""
