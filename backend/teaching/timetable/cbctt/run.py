"""One process a core searches; this one only listens, keeps the best in OUT, and stops them."""

import json
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import Connection, wait
from pathlib import Path

from backend.teaching.timetable.cbctt.instance import Instance, Place, cost_of, write_solution
from backend.teaching.timetable.cbctt.search import Clock, Worker


def work(
    instance: Instance, role: int, cores: int, seed: int, clock: Clock, line: Connection
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

    def news() -> tuple[list[Place], int] | None:
        found = None
        while line.poll():
            found = line.recv()
        return found

    worker = Worker(
        instance,
        role,
        cores,
        seed + role * 7919,
        clock,
        offer=lambda places, cost: line.send(("best", (places, cost))),
        news=news,
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
        # Starting and stopping take their part of the time that was given.
        for role in range(cores):
            mine, theirs = context.Pipe()
            clock = Clock(max(0.5, seconds - 1.5), cores == 1, self.started)
            child = context.Process(
                target=work, args=(instance, role, cores, seed, clock, theirs), daemon=True
            )
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
            for other in self.lines:
                if other is not line:
                    other.send(what)
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
