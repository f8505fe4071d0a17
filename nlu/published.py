"""Which model is served: the link `current` in the folder of models, and its history.

The link is swapped in one step, so that whoever looks at any moment finds a whole model. `base`
names the project's files that the last release was made from: as long as they stay, what the
institution published or took back stays too.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def current(models: Path) -> str:
    """Return the name of the model that is served; empty when there is none."""
    link = models / "current"
    return os.readlink(link).partition(".")[0] if link.is_symlink() else ""


def published(models: Path) -> list[str]:
    """Return the names that were ever published, in that order; the last one is the latest."""
    history = models / "history"
    lines = history.read_text("utf-8").split() if history.exists() else []
    return [line.partition(".")[0] for line in lines]


def publish(model: Path) -> None:
    """Make a model the current one; a crash leaves either the old or the new."""
    link = model.parent / "current"
    if link.is_symlink() and os.readlink(link) == model.name:
        return
    with (model.parent / "history").open("a", encoding="utf-8") as file:
        file.write(f"{model.name}\n")
    fresh = model.parent / f".current-{os.getpid()}"
    fresh.symlink_to(model.name)
    os.replace(fresh, link)


def earlier(models: Path) -> str:
    """Return the model that was current before this one and is still there; else nothing."""
    now = current(models)
    kept = (name for name in reversed(published(models)) if name != now)
    return next((name for name in kept if (models / f"{name}.tar.gz").exists()), "")


def released(models: Path) -> str:
    """Return the name of the project's files that the last release was made from."""
    base = models / "base"
    return base.read_text("utf-8").strip() if base.exists() else ""


def note_release(models: Path, base: str) -> None:
    """Write down what the release was made from."""
    write(models / "base", f"{base}\n")


def adopt(built: Path, models: Path) -> None:
    """Publish the model that came with an image, once, where models outlive the images."""
    name = current(built)
    if not name or released(built) == released(models):
        return
    archive = f"{name}.tar.gz"
    part = models / f".{archive}.{os.getpid()}"
    shutil.copyfile(built / archive, part)
    os.replace(part, models / archive)
    publish(models / archive)
    note_release(models, released(built))


def write(path: Path, content: str) -> None:
    """Write a file in one step."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(content, "utf-8")
    os.replace(part, path)
