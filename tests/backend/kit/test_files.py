"""Files on disk: encrypted, once for the same bytes of one person, nobody else's."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from backend.kit import files
from backend.kit.config import settings

PICTURE = b"\xff\xd8\xff" + "孩子的脸".encode() * 50


@pytest.fixture(autouse=True)
def var_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    return tmp_path


def stored(var_dir: Path) -> list[Path]:
    return [path for path in (var_dir / "files").rglob("*") if path.is_file()]


def test_what_is_kept_is_found_and_unreadable_on_disk(var_dir: Path) -> None:
    name = files.keep(PICTURE, owner="o_mother")
    assert files.read(name) == PICTURE
    (path,) = stored(var_dir)
    assert path.name == name
    assert b"\xff\xd8\xff" not in path.read_bytes()[:40]
    assert "孩子".encode() not in path.read_bytes()


def test_the_same_bytes_are_kept_once_for_each_person(var_dir: Path) -> None:
    mine = files.keep(PICTURE, owner="o_mother")
    assert files.keep(PICTURE, owner="o_mother") == mine
    theirs = files.keep(PICTURE, owner="o_father")
    assert theirs != mine
    assert len(stored(var_dir)) == 2
    files.drop(mine)
    files.drop(mine)
    assert files.read(theirs) == PICTURE
    with pytest.raises(FileNotFoundError):
        files.read(mine)


def test_a_file_under_another_name_or_altered_does_not_open(var_dir: Path) -> None:
    mine, theirs = files.keep(PICTURE, owner="a"), files.keep(PICTURE, owner="b")
    paths = {path.name: path for path in stored(var_dir)}
    paths[mine].write_bytes(paths[theirs].read_bytes())
    with pytest.raises(InvalidTag):
        files.read(mine)
