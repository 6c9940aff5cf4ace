"""`python -m benchmarks.plots`: draw the plots of docs/benchmarks.md from the runs that are kept beside them.

A run that asks the same again, later in the file, takes the place of the one before.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import config
from benchmarks.__main__ import GOALS
from benchmarks.bulk import SCALES

FOLDER = config.ROOT / "docs" / "benchmarks"
FIGURES = FOLDER / "figures.jsonl"
COLOURS = {"sqlite": "#0b6e8f", "postgresql": "#b3471d"}
REGIONS = ("1k", "10k", "100k", "1M")
SAME_EACH_TIME = {"svg.hashsalt": "roundtrip", "svg.fonttype": "none", "font.size": 10, "path.simplify": True}
Figures = dict[tuple[str, str, str], dict[str, Any]]  # by goal, database, scale


def main(words: list[str]) -> int:
    """Draw into the folder that is named, or the one of the documentation."""
    folder = Path(words[0]) if words else FOLDER
    figures, goals = newest(FIGURES), tomllib.loads(GOALS.read_text())
    with mpl.rc_context(SAME_EACH_TIME):
        for name, drawn in (("search", search(figures, goals)), ("goals", against_goals(figures, goals))):
            drawn.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    return 0


def newest(path: Path) -> Figures:
    """Of each figure that was kept, the last."""
    runs = [json.loads(line) for line in path.read_text().splitlines()]
    return {(one["goal"], one["database"], one["scale"]): one | {"load": run["machine"]["load"][0]}
            for run in runs for one in run["results"]}


def search(figures: Figures, goals: dict[str, dict[str, float]]) -> Figure:
    """The search over the look-up by keys, and its time, from a thousand cars on."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    middle, slow, times = figure.subplots(1, 3)
    for panel, goal, title in ((middle, "p1_p50", "P1 median / median look-up"), (slow, "p1_p95", "P1 p95 / median look-up")):
        _over_cars(panel, figures, goal, "value")
        panel.axhline(goals[goal]["most"], color="#666", linestyle=":", label="goal")
        panel.set(title=title, ylabel="×", ylim=(0, None))
    _over_cars(times, figures, "p1_p50", "micros")
    times.set(title="the search, median", ylabel="µs", ylim=(0, None))
    middle.legend(frameon=False)
    loads = [one["load"] for (goal, _, scale), one in figures.items() if goal == "p1_p50" and scale in REGIONS]
    figure.supxlabel(f"taken while the load of the machine was {min(loads)} to {max(loads)}", fontsize=8)
    return figure


def _over_cars(panel: Axes, figures: Figures, goal: str, what: str) -> None:
    """A line for each database, with the interval of the median where there is one."""
    for database, colour in COLOURS.items():
        found = [(SCALES[scale].cars, one) for scale in REGIONS if (one := figures.get((goal, database, scale)))]
        cars, values = [cars for cars, _ in found], [one[what] for _, one in found]
        panel.plot(cars, values, marker="o", markersize=4, color=colour, label=database)
        if what == "value" and found and found[0][1]["low"] is not None:
            panel.fill_between(cars, [one["low"] for _, one in found], [one["high"] for _, one in found], color=colour,
                               alpha=0.15, linewidth=0)
    panel.set(xscale="log", xlabel="cars")


def against_goals(figures: Figures, goals: dict[str, dict[str, float]]) -> Figure:
    """Every figure with a goal as a share of what it may use of it: below 1 is held."""
    rows = list(_shares(figures, goals))
    figure = Figure(figsize=(9, 0.24 * len(rows) + 0.9), layout="constrained")
    panel = figure.subplots()
    for place, (_label, share, database) in enumerate(reversed(rows)):
        panel.barh(place, max(share, 0.005), color=COLOURS[database])
        panel.text(max(share, 0.005) * 1.05, place, f"{share:.2f}" if share else "0", va="center", fontsize=8)
    panel.axvline(1, color="#666", linestyle=":")
    panel.set(xscale="log", xlabel="of the goal, up to which it is held", ylim=(-0.7, len(rows) - 0.3))
    panel.set_yticks(range(len(rows)), [label for label, _, _ in reversed(rows)], fontsize=8)
    return figure


def _shares(figures: Figures, goals: dict[str, dict[str, float]]) -> Iterator[tuple[str, float, str]]:
    """What, how much of its goal it uses (a goal of none is used up by one), and on which database."""
    for (goal, database, scale), one in sorted(figures.items()):
        held = goals.get(goal)
        if held is None or goal == "p4_control":
            continue
        share = one["value"] / (held["most"] or 1) if "most" in held else held["least"] / max(one["value"], 1e-9)
        yield f"{goal} {database} {scale}", share, database


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
