"""Files that people sent, under VAR_DIR/files: encrypted, outside every web root, and named by
their content, so that keeping the same bytes twice keeps them once.

The name is keyed and belongs to one owner: equal pictures of two people do not show as equal, and
what one of them takes back stays the other's.
"""

import hashlib
import hmac
import os
import tempfile
from pathlib import Path

from backend.kit import crypto
from backend.kit.config import settings


def keep(content: bytes, *, owner: str) -> str:
    """Store bytes; the name to find them by. They are on disk when this returns, or not at all."""
    name = _name_of(content, owner)
    path = _path_of(name)
    if path.exists():
        return name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(crypto.encrypt_file(content, context=name))
            out.flush()
            os.fsync(out.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return name


def read(name: str) -> bytes:
    """The bytes behind a name. Raises FileNotFoundError, InvalidTag when altered."""
    return crypto.decrypt_file(_path_of(name).read_bytes(), context=name)


def drop(name: str) -> None:
    """Forget a file; what is gone already is no mistake."""
    _path_of(name).unlink(missing_ok=True)


def _name_of(content: bytes, owner: str) -> str:
    key = settings().blind_index_key.get_secret_value().encode()
    return hmac.new(key, owner.encode() + b"\0" + content, hashlib.sha256).hexdigest()


def _path_of(name: str) -> Path:
    return settings().var_dir / "files" / name[:2] / name
