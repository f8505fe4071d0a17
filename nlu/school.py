"""The institution's own sentences: stored beside the models, trained, compared, published.

Run as a program it is one training at low priority, which outlives the request and the server that
asked for it. Replicas share the folder of models; a lock in it allows one training at a time and
is let go by the kernel when the training ends or dies, so that nothing can hang.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import published
from grammar import generate
from understanding.normalise import normalise

HERE = Path(__file__).parent
CANDIDATE = "nlu: candidate "
MOST, LONGEST = 5_000, 500
TAIL = 12
IDLE, TRAINING, TRAINED, FAILED = "idle", "training", "trained", "failed"
KEPT_FIGURES = 10


class Refused(Exception):
    """What was asked cannot be done now; says why in one word."""


def plain(sentence: str) -> str:
    """Return the normalised text of a sentence, marked or not."""
    return normalise(generate.plain(sentence)[0]).text


def held_out(folder: Path = HERE / "test") -> frozenset[str]:
    """Return the texts that models are measured with: never to be trained on."""
    rows = generate.hand_written(folder) + generate.hand_written(folder / "strangers")
    return frozenset(plain(sentence) for _, sentence in rows)


def contract(path: Path = HERE / "domain.yml") -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of intents and of entities."""
    domain = yaml.safe_load(path.read_text("utf-8"))
    return frozenset(domain["intents"]), frozenset(domain["entities"])


@dataclass(frozen=True)
class School:
    """The folder of models with what is learned, and the programs that train and measure.

    `trainer` ends with the line `nlu: candidate NAME`; `judge` gets `--model FILE` and prints JSON.
    """

    models: Path
    trainer: tuple[str, ...] = (sys.executable, str(HERE / "train.py"), "--no-publish")
    judge: tuple[str, ...] = (sys.executable, str(HERE / "evaluate.py"), "--fast")

    @property
    def log(self) -> Path:
        """What the last training said."""
        return self.models / "school.log"

    def keep(self, rows: Iterable[Any]) -> dict[str, Any]:
        """Store these sentences instead of those before; returns what is kept and refused.

        Raises Refused while a training reads them.
        """
        if self._is_busy():
            raise Refused(TRAINING)
        intents, entities = contract()
        tested = held_out()
        kept: dict[str, dict[str, None]] = {}
        refused = []
        for row in list(rows)[:MOST]:
            intent, sentence = str(row["intent"]), " ".join(str(row["sentence"]).split())
            names = {name for *_, name in generate.plain(sentence)[1]}
            if intent not in intents:
                why = "intent"
            elif not names <= entities:
                why = "entity"
            elif not 0 < len(sentence) <= LONGEST or not sentence.isprintable():
                why = "text"
            elif plain(sentence) in tested:
                why = "held_out"
            else:
                kept.setdefault(intent, {})[sentence] = None
                continue
            refused.append({"intent": intent, "sentence": sentence, "why": why})
        self._store(kept)
        return {"kept": sum(map(len, kept.values())), "refused": refused}

    def _store(self, kept: dict[str, dict[str, None]]) -> None:
        """Write them as Rasa NLU data; without any there is no file, as before the first one."""
        path = self.models / "learned.yml"
        blocks = [
            {"intent": intent, "examples": "".join(f"- {line}\n" for line in sorted(lines))}
            for intent, lines in sorted(kept.items())
        ]
        if not blocks:
            path.unlink(missing_ok=True)
            return
        content = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True)
        published.write(path, content)

    def begin(self) -> None:
        """Start a training in a process of its own. Raises Refused while one is running."""
        lock = self._locked()
        if lock is None:
            raise Refused(TRAINING)
        try:
            self._note(state=TRAINING, since=time.time(), candidate="")
            self.log.write_text("")
            command = [sys.executable, __file__, str(self.models)]
            command += [json.dumps(self.trainer), json.dumps(self.judge)]
            # The lock is the child's from now on: it lasts as long as the training.
            child = subprocess.Popen(
                command,
                pass_fds=[lock],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            # Whoever started it takes notice of its end, else it would stay as a zombie.
            threading.Thread(target=child.wait, daemon=True).start()
        finally:
            os.close(lock)

    def study(self) -> None:
        """Train, then measure the candidate and the current model; write down what came out."""
        environment = {
            **os.environ,
            "NLU_MODELS": str(self.models),
            "RASA_CACHE_DIRECTORY": str(self.models / ".rasa"),
        }

        def run(command: Iterable[str], *, aloud: bool = False) -> str:
            """Return what a program prints; aloud, the page can read it meanwhile."""
            said = []
            with (
                self.log.open("a", encoding="utf-8") as log,
                subprocess.Popen(
                    [*command],
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    env=environment,
                    cwd=self.models,
                ) as program,
            ):
                assert program.stdout is not None
                for line in program.stdout:
                    said.append(line)
                    if aloud:
                        self._say(line.rstrip())
            if program.returncode:
                raise subprocess.CalledProcessError(program.returncode, "the program")
            return "".join(said)

        try:
            said = run(self.trainer, aloud=True).strip()
            name = said.splitlines()[-1].removeprefix(CANDIDATE)
            figures = {}
            for each in dict.fromkeys([published.current(self.models), name]):
                if each:
                    self._say(f"nlu: measuring {each} …")
                    figures[each] = json.loads(
                        run([*self.judge, "--model", str(self.models / f"{each}.tar.gz")])
                    )
            known = {**self._noted()["figures"], **figures}
            newest = dict(list(known.items())[-KEPT_FIGURES:])
            self._note(state=TRAINED, candidate=name, figures=newest)
        except Exception as error:
            self._say(f"nlu: {type(error).__name__}: {error}")
            self._note(state=FAILED)

    def report(self) -> dict[str, Any]:
        """Return where things stand, for the page."""
        noted = self._noted()
        if noted["state"] == TRAINING and not self._is_busy():
            noted = self._noted()  # It may have ended between the two looks.
            if noted["state"] == TRAINING:
                noted["state"] = FAILED
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        return {
            **noted,
            "log": lines[-TAIL:],
            "current": published.current(self.models),
            "previous": published.earlier(self.models),
            "history": published.published(self.models)[-10:],
        }

    def publish(self, name: str) -> None:
        """Serve the candidate; naming it proves that it is the one that was looked at."""
        noted = self._noted()
        if published.current(self.models) == name:
            return
        model = self.models / f"{name}.tar.gz"
        if noted["state"] != TRAINED or noted["candidate"] != name or not model.exists():
            raise Refused("candidate")
        published.publish(model)

    def roll_back(self, name: str) -> None:
        """Serve the model before again, if it is the one that is meant."""
        if published.current(self.models) == name:
            return
        if not name or published.earlier(self.models) != name:
            raise Refused("previous")
        published.publish(self.models / f"{name}.tar.gz")

    def _noted(self) -> dict[str, Any]:
        path = self.models / "school.json"
        empty = {"state": IDLE, "since": 0, "candidate": "", "figures": {}}
        return {**empty, **(json.loads(path.read_text("utf-8")) if path.exists() else {})}

    def _note(self, **news: Any) -> None:
        content = json.dumps({**self._noted(), **news}, ensure_ascii=False)
        published.write(self.models / "school.json", content)

    def _say(self, words: str) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{words}\n")

    def _locked(self) -> int | None:
        """Return a file descriptor that holds the lock; None while a training holds it."""
        lock = os.open(self.models / "school.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    def _is_busy(self) -> bool:
        lock = self._locked()
        if lock is not None:
            os.close(lock)
        return lock is None


def answered(school: School, method: str, what: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Return status and JSON for a request to the door (`door.py`): no web in here."""
    steps: dict[tuple[str, str], Callable[[], Any]] = {
        ("GET", ""): school.report,
        ("PUT", "sentences"): lambda: school.keep(body["sentences"]),
        ("POST", "train"): school.begin,
        ("POST", "publish"): lambda: school.publish(str(body["model"])),
        ("POST", "rollback"): lambda: school.roll_back(str(body["model"])),
    }
    step = steps.get((method, what))
    if step is None:
        return 404, {"why": "unknown"}
    try:
        return 200, step() or school.report()
    except Refused as refused:
        return 409, {"why": str(refused)}
    except (KeyError, TypeError):
        return 400, {"why": "body"}


if __name__ == "__main__":
    os.nice(10)
    folder, trainer, judge = sys.argv[1:]
    School(Path(folder), tuple(json.loads(trainer)), tuple(json.loads(judge))).study()
