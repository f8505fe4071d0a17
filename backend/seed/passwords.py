"""Passwords for the seeded staff, on a developer's own machine only.

They are made by chance for each installation and stand in `var/console-passwords.txt`, readable by
its owner alone; nothing in the code opens an account.
"""

import os
import secrets
from pathlib import Path

from sqlalchemy.orm import Session

from backend.kit.config import settings
from backend.security import accounts, people

FILE = "console-passwords.txt"


def give(session: Session) -> Path:
    """Give each account a password unless the file of an earlier run is there; where it stands.

    The file is written last: a crash before the commit leaves passwords that open nothing, and
    deleting the file makes new ones.
    """
    path = settings().var_dir / FILE
    if path.exists():
        return path
    lines = []
    for one in people.everybody(session):
        if one.is_active:
            password = "-".join(secrets.token_hex(3) for _ in range(3))
            phone = accounts.set_local_password(session, one.id, password)
            lines.append(f"{one.role:15} {phone}  {password}  {one.name}\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(lines)
    return path
