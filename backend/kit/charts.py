"""Bars and weeks as pictures (PNG), for the chat, where no page can draw: the same everywhere.

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


Day = tuple[str, bool, Sequence[Sequence[str]]]
"""What a day is called, whether it is today, and its cards, line by line; the first line is bold in
colour."""
WEEK_WIDTH, EDGE, LINE, PAD = 1160, 20, 27, 8


def week(title: str, note: str, days: Sequence[Day]) -> bytes:
    """Days side by side, with what is on each one below the other; long lines go on below."""
    large, small, head = _font(34), _font(20), _font(24)
    column = (WEEK_WIDTH - 2 * EDGE) // len(days)
    room = column - 3 * PAD
    stacks = [
        [[part for line in card for part in _wrapped(line, small, room)] for card in cards]
        for _, _, cards in days
    ]
    tallest = max(sum(len(card) * LINE + 3 * PAD for card in cards) for cards in stacks)
    height = TOP + 50 + max(tallest, 2 * LINE) + EDGE
    image = Image.new("RGB", (WEEK_WIDTH, height), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((EDGE, 24), _fitting(title, large, WEEK_WIDTH - 2 * EDGE), INK, font=large)
    draw.text((EDGE, 74), _fitting(note, small, WEEK_WIDTH - 2 * EDGE), FAINT, font=small)
    for number, ((name, is_today, _), cards) in enumerate(zip(days, stacks, strict=True)):
        x, y = EDGE + number * column, TOP
        draw.text((x + PAD, y), _fitting(name, head, room), PART if is_today else INK, font=head)
        y += 40
        draw.line((x, y, x + column - PAD, y), PART if is_today else FAINT, width=2)
        y += 10
        if not cards:
            draw.text((x + PAD, y), "没有课", FAINT, font=small)
        for card in cards:
            bottom = y + len(card) * LINE + 2 * PAD
            draw.rounded_rectangle((x, y, x + column - PAD, bottom), 8, BAR)
            for place, line in enumerate(card):
                colour = INK if place else PART
                draw.text((x + PAD, y + PAD + place * LINE), line, colour, font=small)
            y = bottom + PAD
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """A text in as many lines as it needs, three at most."""
    lines: list[str] = []
    while text and len(lines) < 2 and font.getlength(text) > room:
        end = next(n for n in range(len(text), 0, -1) if n == 1 or font.getlength(text[:n]) <= room)
        lines.append(text[:end])
        text = text[end:]
    return [*lines, _fitting(text, font, room)] if text else lines


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
