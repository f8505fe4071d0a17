"""Files that people sent, under VAR_DIR/files: encrypted, outside every web root, and named by
their content, so that keeping the same bytes twice keeps them once.

The name is keyed and belongs to one owner: equal pictures of two people do not show as equal, and
what one of them takes back stays the other's.
"""

import fcntl
import hashlib
import hmac
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.kit import crypto
from backend.kit.config import settings


def keep(content: bytes, *, owner: str) -> str:
    """Store bytes; the name to find them by. They are on disk when this returns, or not at all."""
    name = _name_of(content, owner)
    path = _path_of(name)
    if path.exists():
        return name
    _write(path, crypto.encrypt_file(content, context=name))
    return name


def read(name: str) -> bytes:
    """The bytes behind a name. Raises FileNotFoundError, InvalidTag when altered."""
    return crypto.decrypt_file(_path_of(name).read_bytes(), context=name)


def drop(name: str) -> None:
    """Forget a file; what is gone already is no mistake."""
    with _turn():
        _path_of(name).unlink(missing_ok=True)


def names(*, after: str = "") -> list[str]:
    """All files after a name, in order."""
    found = (settings().var_dir / "files").glob("??/*")
    return sorted(path.name for path in found if path.name > after and len(path.name) == 64)


def is_current(name: str) -> bool:
    """Whether a file is under the current key; one that is gone is no concern."""
    try:
        with _path_of(name).open("rb") as stored:
            return crypto.key_id_of(stored.read(40)) == crypto.current_key_id()
    except FileNotFoundError:
        return True


def renew(name: str) -> None:
    """Bring a file under the current key, unless somebody forgets it meanwhile."""
    with _turn():
        if not is_current(name):
            _write(_path_of(name), crypto.encrypt_file(read(name), context=name))


@contextmanager
def _turn() -> Iterator[None]:
    """One at a time: what is dropped while it is being renewed must not come back."""
    settings().var_dir.mkdir(parents=True, exist_ok=True)
    with (settings().var_dir / "files-turn").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _name_of(content: bytes, owner: str) -> str:
    key = settings().blind_index_key.get_secret_value().encode()
    return hmac.new(key, owner.encode() + b"\0" + content, hashlib.sha256).hexdigest()


def _path_of(name: str) -> Path:
    return settings().var_dir / "files" / name[:2] / name
