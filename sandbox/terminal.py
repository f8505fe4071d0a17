"""A phone in the terminal."""

from __future__ import annotations

import contextlib

import click

from sandbox.remote import Remote, Sent, Unreachable

with contextlib.suppress(ImportError):
    import readline  # noqa: F401  # Importing it is what gives input() its history.

_HELP = """直接打字发送。其他：
/关注 /取关  关注或取消关注      /菜单 键    点菜单（EventKey）
/扫码 场景   扫带参数的二维码    /支付 [链接] 打开最近的付款链接并确认
/退出"""


def run(remote: Remote, who: str) -> None:
    """Read lines until the end of input; what the phone shows is printed below each."""
    click.secho(f"你是 {who}。{_HELP}", dim=True)
    while True:
        try:
            line = input("我> ").strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if line in ("/退出", "/quit"):
            return
        try:
            _obey(remote, who, line)
        except Unreachable as refused:
            click.secho(f"没有成功：{refused}", fg="red")


def _obey(remote: Remote, who: str, line: str) -> None:
    command, _, rest = line.partition(" ")
    sent: Sent | None = None
    if command == "/关注":
        sent = remote.happen(who, "subscribe")
    elif command == "/取关":
        sent = remote.happen(who, "unsubscribe")
    elif command == "/菜单":
        sent = remote.happen(who, "CLICK", rest)
    elif command == "/扫码":
        sent = remote.happen(who, "SCAN", rest)
    elif command == "/支付":
        result = remote.pay(who, rest or None)
        click.echo(f"支付结果：{result.get('err_msg')} {result.get('err_desc', '')}")
    elif command.startswith("/"):
        click.secho(_HELP, dim=True)
    elif line:
        sent = remote.say(who, line)
    if sent is not None:
        for shown in remote.shown_after(who, sent, 15.0):
            link = f"\n    {shown['url']}" if shown["url"] else ""
            click.secho(f"号> {shown['text']}{link}", fg="green")
