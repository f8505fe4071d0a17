"""Sentences about trial lessons."""

from backend.teaching.schemas import LessonView
from bot.phrases.absences import numbered, slot

ASK_SUBJECT = "想试听哪门课？\n{listed}\n点一下或回复序号就行。"
OTHER_TIME = "您说的时间暂时没有可以试听的空位，最近的是这些。\n\n"
UNFIT = "{name}不适合{grade}。"
NO_LESSONS = "最近暂时没有可以试听的空位。回复「课程」看看别的班，或「转人工」请顾问帮您留意。"
GONE = "抱歉，这节课的试听名额刚刚约满了。"
CLASH = "孩子那个时间已经有{class_name}的课了。"
CANCELLED = "好的，先不约试听。想试听的时候回复「试听」就行。"
BACK = "咱们接着约试听："
OFF = "好的，{child}的试听已经取消，老师那边我也说好了。想另约时间，回复「试听」就行。"
NONE_BOOKED = "没有查到您约好的试听。想约的话回复「试听」就行。"
THANKS = "谢谢您的反馈，已经告诉顾问了。想报名回复「报名」，有顾虑直接告诉我就好。"
SORRY = "谢谢您直说，已经告诉顾问，会尽快联系您。想换个班再试，回复「试听」就行。"
WHICH = "请问是哪一次试听？\n{listed}\n点一下或回复序号就行。"
ALREADY_OVER = (
    "{child}已经试听过这门课了，每门课可以试听一次。想报名回复「报名」，想试别的课直接说课名。"
)


def offers(found: list[LessonView], instead: bool) -> str:
    """The lessons that can be tried, to be chosen by number."""
    listed = numbered([f"{slot(each)}（{each.campus_name}）" for each in found])
    return (
        f"{OTHER_TIME if instead else ''}可以免费试听这些课：\n{listed}\n"
        "点一下或回复序号就行，都不合适请告诉我您方便的时间。"
    )


def ask_consent(lines: dict[str, str], privacy_url: str) -> str:
    """What is kept for the trial, and the consent to it (PIPL §§14, 29, 31)."""
    summary = "\n".join(f"{name}：{value}" for name, value in lines.items())
    return (
        f"请核对：\n{summary}\n\n"
        f'为安排试听，我们需要保存以上信息，详见<a href="{privacy_url}">《个人信息保护告知》</a>。'
        "孩子未满14周岁的，您的同意也是监护人的单独同意。"
        "没问题请回复「同意」；有写错的，直接告诉我哪一项。"
    )


def booked(child: str, lesson: LessonView) -> str:
    """It is arranged: when, where, with whom."""
    return (
        f"约好了：{child}{slot(lesson)}试听，{lesson.campus_name}{lesson.venue_name or ''}，"
        f"{lesson.teacher_name}老师，不收费。上课前会提醒您；"
        "去不了回复「试听去不了」，想换时间回复「试听改时间」。"
    )


def already(child: str, lesson: LessonView) -> str:
    """There is a trial of this course already."""
    return f"{child}已经约了{slot(lesson)}的试听。想换时间回复「试听改时间」，去不了回复「试听去不了」。"
