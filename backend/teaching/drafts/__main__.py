"""`python -m backend.teaching.drafts RUN LEASE`: makes one draft, politely, and ends."""

import os
import sys

from backend.kit import log
from backend.kit.config import settings
from backend.teaching.drafts import running


def main() -> int:
    log.set_up(settings().log_level)
    os.nice(10)
    running.draw(int(sys.argv[1]), sys.argv[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
