"""From figures and thresholds to advice; every sentence cites the figures it follows from (A19)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.figures import periods, words
from backend.admissions.figures.models import FigureThreshold
from backend.admissions.figures.schemas import Advice, Dimension, Figures, share
from backend.kit.db import upsert
from backend.kit.money import yuan
from backend.security import service as security

MOST = 5


def thresholds(session: Session) -> dict[str, int]:
    """From where on a figure is worth a word."""
    known = {name: default for name, (_, default) in words.THRESHOLDS.items()}
    kept = session.execute(select(FigureThreshold.name, FigureThreshold.value))
    return known | {name: value for name, value in kept if name in known}


def set_threshold(session: Session, *, name: str, value: int, by_id: int) -> None:
    """Write a threshold down. Twice is the same."""
    row = upsert(session, FigureThreshold).values(name=name, value=value)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
    security.audit(
        session,
        actor=f"account:{by_id}",
        action="figures.threshold_set",
        subject=f"threshold:{name}",
        value=value,
    )


def advice(found: Figures, limits: Mapping[str, int]) -> list[Advice]:
    """What stands out, the most pressing first; nothing of too few leads."""
    sums, least = found.sums, limits["least_leads"]
    if sums.leads < least:
        return []
    told = []
    quick = sums.quick_share or 0.0
    if quick < limits["quick_share"]:
        told.append(
            _advice(
                found,
                f"{sums.leads}个线索只有{sums.quick}个在10分钟内有人跟进（{quick:.0f}%，"
                f"提醒线{limits['quick_share']}%），建议先补上值班和分派。",
                step="quick",
            )
        )
    waits = found.talks.office_minutes or 0.0
    if found.talks.responded >= least and waits > limits["wait_minutes"]:
        told.append(
            _advice(
                found,
                f"顾问回复了{found.talks.responded}个对话，上班时间内平均等{waits:.0f}分钟"
                f"（提醒线{limits['wait_minutes']}分钟），建议核对值班和接待人数。",
                step="responded",
            )
        )
    conversion = sums.conversion or 0.0
    if conversion < limits["conversion"]:
        told.append(
            _advice(
                found,
                f"{sums.leads}个线索付款{sums.paid}个，转化率{conversion:.1f}%"
                f"（提醒线{limits['conversion']}%），建议逐个复盘还没付款的。",
                step="paid",
            )
        )
    came = share(sums.came, sums.tried)
    if sums.tried >= least and came is not None and came < limits["came_share"]:
        told.append(
            _advice(
                found,
                f"约了试听的{sums.tried}个只到了{sums.came}个（{came:.0f}%，"
                f"提醒线{limits['came_share']}%），建议前一天电话确认。",
                step="tried",
            )
        )
    for each in found.by[Dimension.REASON]:
        part = share(each.sums.lost, sums.lost) or 0.0
        if sums.lost >= least and part > limits["reason_share"]:
            told.append(
                _advice(
                    found,
                    f"流失的{sums.lost}个里有{each.sums.lost}个因为{each.name}（{part:.0f}%，"
                    f"提醒线{limits['reason_share']}%），建议针对这个原因改进。",
                    step="lost",
                    reason=each.value,
                )
            )
    for each in found.by[Dimension.CHANNEL]:
        cost = each.cost_fen or 0
        dear = limits["cost_of_one"] * 100 * max(each.sums.paid, 1)
        if cost > dear:
            told.append(
                _advice(
                    found,
                    f"{each.name}花了{yuan(cost)}，带来付款{each.sums.paid}个（提醒线每个"
                    f"{limits['cost_of_one']}元），建议核对投放或停掉。",
                    step="leads",
                    channel=each.value,
                )
            )
    return told[:MOST]


def _advice(found: Figures, text: str, **chosen: str) -> Advice:
    return Advice(text=text, query=urlencode({**periods.query_of(found.period), **chosen}))
