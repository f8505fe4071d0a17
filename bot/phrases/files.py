"""Sentences for pictures, voice, videos and files."""

NAMES = {"image": "图片", "voice": "语音", "video": "视频", "file": "文件"}
VOICE = "收到语音了，可我还听不懂语音。麻烦您用文字说一下需要什么，我马上帮您办。"
NO_FILE = "这个文件我打不开。麻烦您拍照发来，或用文字说一下需要什么，我马上帮您办。"


def attached(kind: str, number: str) -> str:
    """What was sent has joined an open ticket."""
    more = "，如果方便，也请用文字说一下重点" if kind == "voice" else ""
    return f"{NAMES[kind]}收到，已附到工单{number}，老师会看到{more}。还有要补充的直接发给我就行。"


def waits_for_complaint(kind: str) -> str:
    """A picture in the middle of a complaint."""
    return f"{NAMES[kind]}收到，会附在这次的反映里。请再用文字说一下发生了什么。"


def receipt(kind: str) -> str:
    """A picture while an order waits for its money."""
    return (
        f"{NAMES[kind]}收到，先替您留着。微信付款到账后我会自动通知您，不用发凭证；"
        "如果已经付款还没收到通知，回复「转人工」，老师会连同图片一起核对。"
    )


def homework(kind: str) -> str:
    """A picture from a family without anything else going on."""
    return (
        f"{NAMES[kind]}收到，先替您留着。是作业就回复「交作业」；有事要找老师，回复「转人工」，"
        f"我连同{NAMES[kind]}一起转给老师；要投诉，直接说发生了什么。"
    )


def unknown(kind: str) -> str:
    """A picture from somebody of whom nothing tells what it is for."""
    return (
        f"{NAMES[kind]}收到啦。请用文字说一下需要什么；要转给老师就回复「转人工」，"
        f"我会把{NAMES[kind]}一起转过去。"
    )


def not_here(kind: str) -> str:
    """A picture where a form waits for words."""
    return f"{NAMES[kind]}收到，不过这一步需要您用文字回答。"
