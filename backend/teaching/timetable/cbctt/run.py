"""One process a core searches; this one only listens, keeps the best in OUT, and stops them.

Workers tell of what they found through a line each. What others found stands on a board that all
of them share, because a line that nobody reads for a while fills up and then holds its writer.
"""

import json
import multiprocessing
import os
import signal
import threading
import time
from itertools import chain
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from pathlib import Path

from backend.teaching.timetable.cbctt.instance import Instance, Place, cost_of, write_solution
from backend.teaching.timetable.cbctt.search import Clock, Worker


class Board:
    """The best of all so far, where every process can read it at any time."""

    def __init__(self, context: SpawnContext, lectures: int) -> None:
        self._numbers = context.Array("q", [-1] * (1 + 2 * lectures))

    def write(self, places: list[Place], cost: int) -> None:
        with self._numbers.get_lock():
            self._numbers[:] = [cost, *chain.from_iterable(places)]

    def read(self) -> tuple[list[Place], int] | None:
        with self._numbers.get_lock():
            cost, *flat = self._numbers[:]
        return None if cost < 0 else (list(zip(flat[::2], flat[1::2], strict=True)), cost)


def work(
    instance: Instance,
    role: int,
    cores: int,
    seed: int,
    clock: Clock,
    line: Connection,
    board: Board,
) -> None:
    """A worker's process; it leaves when the listener is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = os.getppid()

    def leave_with_parent() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()

    worker = Worker(
        instance,
        role,
        cores,
        seed + role * 7919,
        clock,
        offer=lambda places, cost: line.send(("best", (places, cost))),
        news=board.read,
        bound=lambda bound: line.send(("bound", bound)),
    )
    worker.run()
    line.send(("done", clock.counted and not clock.overtaken))
    time.sleep(3600)


class Run:
    def __init__(self, instance: Instance, out: Path, seconds: float, seed: int, cores: int):
        self.instance, self.out, self.seconds, self.cores = instance, out, seconds, cores
        self.started = time.monotonic()
        self.best: list[Place] = []
        self.cost: int | None = None
        self.bound = 0
        self.working = cores
        self.reproducible = cores == 1
        self.stopped = False
        self.lines: list[Connection] = []
        self.children = []
        context = multiprocessing.get_context("spawn")
        self.board = Board(context, sum(course.lectures for course in instance.courses))
        # Starting and stopping take their part of the time that was given.
        for role in range(cores):
            mine, theirs = context.Pipe()
            clock = Clock(max(0.5, seconds - 1.5), cores == 1, self.started)
            arguments = (instance, role, cores, seed, clock, theirs, self.board)
            child = context.Process(target=work, args=arguments, daemon=True)
            child.start()
            theirs.close()
            self.lines.append(mine)
            self.children.append(child)

    def say(self, event: str) -> None:
        passed = round(time.monotonic() - self.started, 1)
        line = {"seconds": passed, "event": event, "cost": self.cost, "bound": self.bound}
        print(json.dumps(line), flush=True)

    def hear(self, line: Connection) -> None:
        try:
            kind, what = line.recv()
        except (EOFError, ConnectionError):
            self.lines.remove(line)
            self.working -= 1
            return self.say("a worker was lost")
        if kind == "done":
            self.working -= 1
            self.reproducible = self.reproducible and what
        elif kind == "bound" and what > self.bound:
            self.bound = what
        elif kind == "best" and (self.cost is None or what[1] < self.cost):
            places, cost = what
            if cost_of(self.instance, places) != (0, cost):
                return self.say("a wrong answer was refused")
            self.best, self.cost = places, cost
            write_solution(self.instance, places, self.out)
            self.say("better")
            self.board.write(places, cost)
        return None

    def listen(self) -> int:
        """Until the time is over, everything is done, or a signal comes."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while self.working > 0 and self.lines and not self.stopped:
            left = self.started + self.seconds - 0.5 - time.monotonic()
            if left <= 0 or (self.cost is not None and self.cost <= self.bound):
                break
            for line in wait(self.lines, min(left, 0.5)):
                assert isinstance(line, Connection)
                self.hear(line)
        for child in self.children:
            child.kill()
        if self.working:
            self.reproducible = False
        self.say("proven best" if self.cost == self.bound else "end")
        print(json.dumps({"reproducible": self.reproducible}), flush=True)
        return 0 if self.cost is not None else 1

    def _stop(self, number: int, frame: object) -> None:
        del number, frame
        self.stopped = True
