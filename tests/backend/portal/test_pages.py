"""「我的」: each reader's own children, lessons, lessons left and orders, and nobody else's."""

import pytest

from backend.seed import load
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_guardian_sees_their_children_and_a_stranger_nothing_of_it(site: Site) -> None:
    load()
    status, path, page = site.phone("o_demo_guardian").open("/me")
    assert (status, path) == (200, "/me")
    assert "课时" in page
    assert "我的订单" in page
    children = ["陈小宇", "陈小雨"]
    assert all(name in page for name in children), page
    _, _, other = site.phone("o_demo_stranger").open("/me")
    assert "还没有学员档案" in other
    assert not any(name in other for name in children)


def test_a_teacher_sees_the_lessons_they_give(site: Site) -> None:
    load()
    _, _, page = site.phone("o_demo_teacher").open("/me")
    assert "我要上的课" in page
    assert "还没有学员档案" not in page
