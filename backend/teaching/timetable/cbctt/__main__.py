"""`python -m backend.teaching.timetable.cbctt INSTANCE OUT --seconds 300 --seed 1 --cores 2`.

Lines of JSON say how it goes. A signal ends the run with the best so far in OUT.
"""

import argparse
import sys
from pathlib import Path

from backend.teaching.timetable.cbctt.instance import BadInstance, read_instance
from backend.teaching.timetable.cbctt.run import Run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    try:
        instance = read_instance(given.instance)
    except (OSError, BadInstance) as error:
        print(error, file=sys.stderr)
        return 2
    return Run(instance, given.out, given.seconds, given.seed, max(1, given.cores)).listen()


if __name__ == "__main__":
    sys.exit(main())
