"""`python -m benchmarks`: ask questions of P1 to P10, print each figure beside its goal; the default takes about a minute."""

import argparse
import json
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.bulk import SCALES
from benchmarks.machine import machine
from benchmarks.measure import Ask, Result

QUESTIONS = {"P1": "p1_search", "P2": "p2_growth", "P3": "p3_guard", "P4": "p4_race", "P5": "p5_booking", "P6": "p6_http",
             "P7": "p7_recording", "P9": "p9_abuse", "P10": "p10_who_exists"}
ON_THE_CITY = ("P7", "P9")  # asked once, whatever the database and scale
SMOKE = ("P1", "P2", "P3", "P4", "P5")
GOALS = Path(__file__).with_name("goals.toml")


def main(words: list[str]) -> int:
    """Ask, print, and keep; 1 when `--check` was asked for and a goal was missed."""
    asked = _read(words)
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    goals, results, missed = tomllib.loads(GOALS.read_text()), [], 0
    for question in asked.question or SMOKE:
        for ask in _asks(question, asked):
            for result in import_module(f"benchmarks.{QUESTIONS[question]}").run(ask):
                held = holds(result, goals)
                missed += held is False
                results.append(result.as_json() | {"held": held})
                print(result.line(held), flush=True)
    if asked.json:
        _keep(asked.json, {"machine": facts, "rounds": asked.rounds, "results": results})
    return 1 if asked.check and missed else 0


def holds(result: Result, goals: dict[str, dict[str, float]]) -> bool | None:
    """Whether the figure meets its goal; None when it has none."""
    goal = goals.get(result.goal)
    if goal is None:
        return None
    return goal.get("least", result.value) <= result.value <= goal.get("most", result.value)


def _read(words: list[str]) -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures as ratios to a floor of the same run.")
    reader.add_argument("--question", action="append", choices=list(QUESTIONS), help="again for more; P1 to P5 unless given")
    reader.add_argument("--database", action="append", choices=["sqlite", "postgresql"], help="sqlite unless given")
    reader.add_argument("--scale", action="append", choices=list(SCALES), help="10k unless given")
    reader.add_argument("--rounds", type=int, default=100)
    reader.add_argument("--json", type=Path, help="add the figures to this file, a line for each run")
    reader.add_argument("--check", action="store_true", help="end with 1 when a goal is missed")
    return reader.parse_args(words)


def _asks(question: str, asked: argparse.Namespace) -> list[Ask]:
    databases, scales = asked.database or ["sqlite"], asked.scale or ["10k"]
    if question in ON_THE_CITY:
        databases, scales = databases[:1], scales[:1]
    return [Ask(database, SCALES[scale], asked.rounds) for database in databases for scale in scales]


def _keep(path: Path, run: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(run) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
