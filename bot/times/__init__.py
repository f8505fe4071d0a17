"""Chinese time expressions, as people type them, to datetimes.

``find(text, now)`` gives every time expression of a message as a `TimeSpan`. It is a grammar of
our own, because the libraries at hand are silently wrong where it hurts (两周以后 as two days,
三年级 as a date). It stands alone: pure Python, no network, and of the rest of the system only the
table of official days off (`backend.kit.holidays`).

How doubtful words are read, as a receptionist would:

- Weeks begin on Monday. 周三 is the coming one, today included (the next one once its hour is
  over); 这周三 may be past; 下周三 is next week's. 周末 comes every week, 这周末 is two days.
- A month and day without a year is the coming one, unless it lies within the last 60 days. 15号
  is the coming one. Words of the past (交的, 没来) turn both round.
- An hour without a part of the day: 1 to 7 are after noon, 8 to 12 as they stand, or the evening
  when that hour is over today. A part or day named earlier in the text is inherited.
- X前 ends where X begins (月底前: where the month ends), X后 begins where X ends, a holiday with
  its days off; 起 and 开始 begin with X. 三天内 runs from now to the minute three days on.
- 月初 is the 1st to 5th, 月底 from the 25th, 年底 December, 年初 January.
- Ranges inherit from left to right: 下周一到周三, 晚上七点到八点半, 12月28日到1月3日.
"""

from bot.times.finder import find
from bot.times.spans import SHANGHAI, DateRange, Kind, SchoolCalendar, TimeSpan

__all__ = ["SHANGHAI", "DateRange", "Kind", "SchoolCalendar", "TimeSpan", "find"]
