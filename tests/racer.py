"""Processes that race: forked from one that has nothing of the database open, each with an engine of its own.

A round is a list of wishes. They are dealt out to the processes, each gets a thread of its own, and all start at the same
moment: an act sleeps until then and says what became of its wish.
"""

import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask

from portal.app import create_app

Act = Callable[[Flask, float, list[Any], list[list[Any]]], None]  # app, when to start, the wish, where the answer goes


class Racers:
    """As many processes as wanted that act on the app's database, until they are let go."""

    def __init__(self, app: Flask, processes: int, act: Act) -> None:
        forks, self._ends = multiprocessing.get_context("fork"), []
        for _ in range(processes):
            here, there = forks.Pipe()
            forks.Process(target=_serve, args=(app, there, act), daemon=True).start()
            self._ends.append(here)

    def race(self, wishes: list[list[Any]]) -> list[list[Any]]:
        """Deal the wishes out, let all start at the same moment, and gather what became of them."""
        at = time.time() + 0.02
        for number, end in enumerate(self._ends):
            end.send((at, wishes[number::len(self._ends)]))
        return [answer for end in self._ends for answer in end.recv()]

    def let_go(self) -> None:
        """End the processes."""
        for end in self._ends:
            end.send((0.0, None))


def main(processes: int, act: Act) -> None:
    """Each line of the input is a round, a JSON list of wishes; a line of the output tells what became of them."""
    racers = Racers(create_app(), processes, act)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(racers.race(json.loads(line))), flush=True)


def _serve(app: Flask, told: Connection, act: Act) -> None:
    while True:
        at, wishes = told.recv()
        if wishes is None:
            return
        answers: list[list[object]] = []
        threads = [threading.Thread(target=act, args=(app, at, wish, answers)) for wish in wishes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told.send(answers)
