"""The figures as lines of a workbook, with what each means."""

from collections.abc import Iterator, Sequence

from backend.admissions.figures import words
from backend.admissions.figures.schemas import Dimension, Figures, Slice

Line = Sequence[object]


def lines_of(found: Figures) -> Iterator[Line]:
    """Sections one under the other: the funnel, each dimension, the days, the definitions."""
    period = found.period
    yield ("期间", period.from_on, "至（不含）", period.to_on)
    yield ()
    yield ("漏斗", "数量", "占线索")
    if found.visits is not None:
        yield (words.STEPS["visits"][0], found.visits)
    for name, (label, _) in words.STEPS.items():
        if name != "visits":
            count = getattr(found.sums, name)
            yield (label, count, _share(count, found.sums.leads))
    yield ("流失", found.sums.lost, _share(found.sums.lost, found.sums.leads))
    yield ("10分钟响应率", words.per_cent(found.sums.quick_share))
    yield ("平均响应（分钟）", found.sums.response_minutes)
    yield ("平均响应（上班时间，分钟）", found.sums.office_minutes)
    yield ("实收（元）", found.sums.net_fen / 100)
    yield ("渠道费用（元）", found.cost_fen / 100)
    yield ("本月已付款", found.forecast.paid)
    yield ("本月预计", found.forecast.expected)
    for dimension, name in words.DIMENSIONS.items():
        yield ()
        labels = (words.STEPS[step][0] for step in words.STEPS)
        yield (
            f"按{name}",
            *labels,
            "流失",
            "转化率",
            "实收（元）",
            "费用（元）",
            "获客成本（元）",
            "ROI",
        )
        for each in found.by[dimension]:
            yield _line(each)
    for dimension, slices in found.talks_by.items():
        yield ()
        yield (
            f"顾问回复，按{words.DIMENSIONS[dimension]}",
            *(label for label, _ in words.TALKS.values()),
        )
        for name, sums in [("合计", found.talks), *((each.name, each.sums) for each in slices)]:
            counts = sums.leads, sums.responded, sums.quick
            yield (name, *counts, sums.response_minutes, sums.office_minutes)
    yield ()
    yield ("日期", "新线索", "付款")
    yield from found.days
    yield ()
    yield ("定义", "说明")
    for label, meaning in (*words.STEPS.values(), *words.OTHERS.values(), *words.TALKS.values()):
        yield (label, meaning)
    for dimension in Dimension:
        yield (f"按{words.DIMENSIONS[dimension]}", words.NOTES[dimension])


def _line(each: Slice) -> Line:
    sums = each.sums
    counts = (getattr(sums, name) for name in words.STEPS if name != "visits")
    return (
        each.name,
        each.visits,
        *counts,
        sums.lost,
        words.per_cent(sums.conversion),
        sums.net_fen / 100,
        None if each.cost_fen is None else each.cost_fen / 100,
        None if each.cost_of_one is None else each.cost_of_one / 100,
        words.per_cent(each.roi) if each.roi is not None else None,
    )


def _share(part: int, whole: int) -> str:
    return words.per_cent(100 * part / whole if whole else None)
