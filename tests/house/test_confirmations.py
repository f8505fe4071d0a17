"""Buttons of the console that cannot easily be taken back ask first (`data-confirm`)."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUTTON = re.compile(r"<button\b[^>]*?(?:\{[{%].*?[%}]\}[^>]*?)*>.*?</button>", re.DOTALL)
DANGEROUS = re.compile(
    r"停用|立即冻结|>合并<|撤销合并|退出这台|核对无误|不同意|已转账|确认导入|开始轮换|关闭这条|看过了，启用"
    r"|放回公海|取消标签|退回</button>|对方需重新登录"
)
STEPS = {"erasures.html", "school.html"}
"""Pages where a second button comes out of a fold first."""


def buttons() -> list[tuple[str, str]]:
    found = []
    for room in ("backend", "bot"):
        for path in sorted((ROOT / room).glob("**/*.html")):
            found += [(path.name, each) for each in BUTTON.findall(path.read_text())]
    return found


def test_red_and_lasting_buttons_ask_first() -> None:
    checked = [
        (name, each)
        for name, each in buttons()
        if name not in STEPS
        and ("btn-danger" in each or "-danger" in each or DANGEROUS.search(each))
    ]
    assert len(checked) >= 14
    assert [each for each in checked if "data-confirm" not in each[1]] == []
