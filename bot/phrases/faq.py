"""Sentences around answers from the knowledge."""

from collections.abc import Sequence

from bot.phrases.absences import numbered

_NEXT = "还想问什么直接告诉我，想找老师回复「转人工」。"


def answer(text: str, place: str) -> str:
    """The house's own words, at which campus they hold, and what can be done next."""
    return f"{f'（{place}）' if place else ''}{text}\n\n{_NEXT}"


def which(questions: Sequence[str]) -> str:
    """Several entries are as near."""
    return f"您想问的是哪个？\n{numbered(list(questions))}\n点一下就行，都不是请回复「转人工」。"
