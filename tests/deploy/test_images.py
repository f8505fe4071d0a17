"""What the Dockerfiles copy and run is there, small, and not run by root."""

import fnmatch
import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, text_of

IMAGES = [Path("deploy/house.Dockerfile"), Path("deploy/nlu.Dockerfile")]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last line that matches decides."""
    kept_out = False
    for line in text_of(Path(".dockerignore")).splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        if pattern == path or path.startswith(f"{pattern}/") or fnmatch.fnmatch(path, pattern):
            kept_out = not line.startswith("!")
    return kept_out


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_what_is_copied_exists_and_is_sent_to_docker(image: Path) -> None:
    copies = re.findall(r"^COPY (?!--from)(.+)$", text_of(image), re.M)
    sources = [source for copy in copies for source in copy.split()[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not ignored(source), source


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_an_image_runs_as_somebody_ordinary(image: Path) -> None:
    last_stage = re.split(r"^FROM ", text_of(image), flags=re.M)[-1]
    assert re.findall(r"^USER (\S+)", last_stage, re.M) == ["10001"]
    assert "CMD [" in last_stage


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_libraries_are_those_of_the_lock(image: Path) -> None:
    installs = re.findall(r"pip install (.+)", text_of(image))
    assert installs
    assert all("--require-hashes" in install for install in installs)


@pytest.mark.parametrize("path", ["nlu/.venv", ".env", "var", "deploy/secrets", "tests"])
def test_nothing_private_or_heavy_is_sent_to_docker(path: str) -> None:
    assert ignored(path)
