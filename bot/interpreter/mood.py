"""Whether somebody is angry: told by strong words, or by several milder ones and loud punctuation.

A complaint in plain words is not anger; it is registered and answered by its deadline. Anger calls
a person at once (C3).
"""

import re

_STRONG = re.compile(
    r"骗子|骗钱|诈骗|黑心|无耻|不要脸|垃圾(机构|学校|服务|公司)|12315|消协|工商局|教育局|曝光|媒体|报警|起诉|律师"
    r"|忍无可忍|气死|受够了|滚|傻[逼叉]|王八|混蛋|去死"
)
_MILD = re.compile(
    r"投诉|举报|太过分|过分了|太差|差劲|凭什么|什么态度|没人(管|理|回)|不(理人|回消息|管不顾)"
    r"|糊弄|坑人|欺负|推卸|恶心|失望透|生气|气愤|退钱|赔(钱|偿)|等了?(半天|这么久|好久)"
)
_LOUD = re.compile(r"[!！]{2,}|[?？]{3,}|[?？][!！]")
STRONG, ENOUGH = 3, 3


def is_angry(text: str) -> bool:
    """Whether a person should answer this now; each mild sign counts one, a strong one three."""
    strong = STRONG * bool(_STRONG.search(text))
    mild = len({match.group() for match in _MILD.finditer(text)})
    return strong + mild + bool(_LOUD.search(text)) >= ENOUGH
