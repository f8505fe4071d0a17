"""Every failure is a polite page that says what to do next."""

import pytest
from flask.testing import FlaskClient

from backend.web import errors
from tests.backend.web.conftest import SeatTaken


@pytest.mark.parametrize(
    ("kind", "status", "title"),
    [
        ("404", 404, "没有找到这个页面"),
        ("403", 403, "暂时不能查看"),
        ("413", 413, "上传的内容太大"),
        ("429", 429, "操作有点频繁"),
        ("500", 500, "系统出了点问题"),
        ("418", 418, "请求没有看懂"),
        ("502", 502, "系统出了点问题"),
        ("bug", 500, "系统出了点问题"),
        ("crossed", 409, "有人正在改同一件事"),
        ("down", 500, "系统出了点问题"),
        ("taken", 422, "这一步暂时办不了"),
        ("missing", 404, "没有找到这个页面"),
        ("forbidden", 403, "暂时不能查看"),
        ("link", 403, "链接已失效"),
    ],
)
def test_each_failure_has_its_page(client: FlaskClient, kind: str, status: int, title: str) -> None:
    answer = client.get(f"/fail/{kind}")
    assert answer.status_code == status
    assert f"<title>{title}</title>" in answer.text
    assert "Error" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("apology", [*errors.BY_STATUS.values(), *errors.BY_ERROR.values()])
def test_apologies_end_with_what_to_do(apology: errors.Apology) -> None:
    assert apology.text.endswith("。")
    assert "请" in apology.text
    assert len(apology.text) <= 60


def test_an_unknown_address_is_not_found(client: FlaskClient) -> None:
    assert client.get("/nowhere").status_code == 404


def test_programs_get_json_and_htmx_a_fragment(client: FlaskClient) -> None:
    told = client.get("/fail/taken", headers={"Accept": "application/json"})
    assert told.status_code == 422
    assert told.json is not None
    assert told.json["error"] == "SeatTaken"
    fragment = client.get("/fail/taken", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert "这一步暂时办不了" in fragment.text


def test_a_room_may_word_its_own_error(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "BY_ERROR", dict(errors.BY_ERROR))
    errors.apologise(SeatTaken, "座位刚被约走", "请返回换一个班次。")
    assert "座位刚被约走" in client.get("/fail/taken").text
