"""Run by Alembic on each new revision: takes out its remarks, which say nothing."""

import sys
from pathlib import Path

if __name__ == "__main__":
    revision = Path(sys.argv[1])
    lines = revision.read_text("utf-8").splitlines(keepends=True)
    revision.write_text("".join(line for line in lines if "# ###" not in line), "utf-8")
