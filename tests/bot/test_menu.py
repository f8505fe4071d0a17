"""The chat's menu: what is declared can be published, and each role finds its own on its phone."""

import json
from pathlib import Path

import pytest

from backend.gateways import ports
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.security import followers, queries, service
from backend.security.schemas import Role
from backend.seed import load
from bot import menu, router
from sandbox.remote import Remote
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]
ENTRY = "{name: 课程, key: courses}"


def names(remote: Remote, openid: str) -> list[str]:
    """The bar at the bottom of a phone."""
    return [button["name"] for button in remote.get(f"/sandbox/phones/{openid}")["menu"]]


def test_the_declared_menu_is_in_order() -> None:
    menus = menu.declared()
    assert set(menus) == {"default", "family", "teacher", "staff"}
    assert "\\u" not in json.dumps(menus, ensure_ascii=False)
    page = menus["default"][1]["sub_button"][0]
    assert page["url"] == f"{settings().public_url}/oauth/start?next=%2Fme"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("default: [{name: 课程, key: no_such_flow}]", "no flow answers"),
        ("default: [{name: 课程, key: courses, page: /me}]", "either key or page"),
        ("default: [{name: 课程, page: 'https://evil.example'}]", "a path of this site"),
        ("default: [{name: 课程与价格表, key: courses}]", "only 4 characters"),
        (f"default: [{', '.join([ENTRY] * 4)}]", "one to three"),
        (f"default: [{{name: 我的, buttons: [{', '.join([ENTRY] * 6)}]}}]", "at most 5"),
        ("default: [{name: 我的, buttons: [{name: 课程与价格和名额表, key: courses}]}]", "only 7"),
        (f"default: [{ENTRY}]\nguests: [{ENTRY}]", "nobody belongs"),
        (f"family: [{ENTRY}]", "no menu named default"),
        ("default: [", "parsing"),
    ],
)
def test_what_the_platform_or_a_phone_would_not_take_is_named(
    tmp_path: Path, text: str, why: str
) -> None:
    source = tmp_path / "menu.yml"
    source.write_text(text, encoding="utf-8")
    with pytest.raises(menu.MenuWrong, match=why):
        menu.declared(source)


def test_every_key_leads_to_a_flow() -> None:
    pushed = json.dumps(menu.declared(), ensure_ascii=False)
    assert any(f'"key": "{key}"' in pushed for key in router.MENU)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_everybody_finds_the_menu_of_their_role(site: Site) -> None:
    load()
    remote = Remote(settings().wechat_api_url)
    default, *others = menu.declared().items()
    for _ in range(2):  # Publishing again leaves one menu for each audience.
        ports.menus().publish(default[1], dict(others))
    assert followers.tag_followers() >= 9
    assert followers.tag_followers() == 0
    assert names(remote, "o_family_li") == ["选课报名", "我的", "找老师"]  # Never seen until now.
    with unit_of_work() as session:
        service.meet(session, "o_family_li")
    assert followers.tag_followers() == 1
    assert names(remote, "o_family_li") == ["我的课", "选课续费", "找老师"]
    assert names(remote, "o_demo_stranger") == ["选课报名", "我的", "找老师"]
    assert names(remote, "o_demo_guardian") == ["我的课", "选课续费", "找老师"]
    assert names(remote, "o_demo_teacher") == ["我的课表", "点名", "办事"]
    assert names(remote, "o_demo_advisor") == ["工作", "我的主页", "办事"]


def test_a_new_role_brings_a_new_menu_and_a_return_asks_again(site: Site) -> None:
    remote = Remote(settings().wechat_api_url)
    default, *others = menu.declared().items()
    ports.menus().publish(default[1], dict(others))
    remote.get("/sandbox/phones/o_newcomer")
    with unit_of_work() as session:
        service.hire(session, name="新老师", role=Role.TEACHER, openid="o_newcomer")
    assert followers.tag_followers() == 1
    assert names(remote, "o_newcomer")[0] == "我的课表"
    with unit_of_work() as session:
        service.unfollow(session, "o_newcomer")
        service.follow(session, "o_newcomer")
    with reading() as session:
        assert queries.tags_due(session, limit=9) == [("o_newcomer", "teacher", None)]
