"""Bars as a picture (PNG), for the chat, where no page can draw: the same on every machine.

Letters come from the wheel that PDFs take them from (`kit.pdf`).
"""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from backend.kit.pdf import FONT, SIMPLIFIED, WEIGHT

WIDTH, ROW, TOP, LEFT, RIGHT = 900, 56, 120, 220, 190
PAPER, INK, FAINT, BAR, PART = "#ffffff", "#212529", "#6c757d", "#cfe2ff", "#0d6efd"
MOST = 10

Row = tuple[str, int, int, str]
"""What a bar is called, its length, how much of it is filled, and what stands beside it."""


def bars(title: str, note: str, rows: Sequence[Row]) -> bytes:
    """Horizontal bars under a title and a line of explanation; without rows it says so."""
    shown = rows[:MOST]
    image = Image.new("RGB", (WIDTH, TOP + ROW * max(len(shown), 1) + 30), PAPER)
    draw = ImageDraw.Draw(image)
    large, small = _font(34), _font(24)
    draw.text((30, 26), _fitting(title, large, WIDTH - 60), INK, font=large)
    draw.text((30, 76), _fitting(note, small, WIDTH - 60), FAINT, font=small)
    if not shown:
        draw.text((30, TOP + 8), "这段时间还没有数据", FAINT, font=small)
    most = max((length for _, length, _, _ in shown), default=0) or 1
    room = WIDTH - LEFT - RIGHT
    for number, (name, length, part, words) in enumerate(shown):
        y = TOP + number * ROW
        draw.text((30, y + 8), _fitting(name, small, LEFT - 45), INK, font=small)
        whole = LEFT + max(round(room * length / most), 2)
        draw.rectangle((LEFT, y + 8, whole, y + 40), BAR)
        if part > 0:
            draw.rectangle((LEFT, y + 8, LEFT + max(round(room * part / most), 2), y + 40), PART)
        draw.text((whole + 10, y + 8), words, INK, font=small)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONT, size, index=SIMPLIFIED)
    font.set_variation_by_axes([WEIGHT["wght"]])
    return font


def _fitting(text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    """As much of a text as has room."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text}…"
