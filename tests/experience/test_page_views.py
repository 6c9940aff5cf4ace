"""Page views wait for a second at most, and are written together."""

import threading
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from threading import Thread, Timer

import pytest
from flask import Flask

from experience.journey import Phase, Step
from experience.record.observe import UnknownFact
from experience.record.page_views import PageView
from tests.experience.given import log, phases


def view(step: Step = Step.FIND_SEARCH, **facts: object) -> PageView:
    return PageView(step, Phase.ENTERED, "a-visit", "a-trace", None, None, facts, None, None)


class Clock:
    """Timers that go off when the test says how much time has passed, in threads of their own, as real ones do."""

    def __init__(self) -> None:
        self.at = 0.0
        self.waiting: list[tuple[float, Timer]] = []

    def timer(self, seconds: float, function: Callable[[], None]) -> Timer:
        made = Timer(0, function)
        made.start = lambda: self.waiting.append((self.at + seconds, made))  # until the clock says so
        return made

    def forward(self, seconds: float) -> None:
        self.at += seconds
        for due, timer in [*self.waiting]:
            if due <= self.at:
                self.waiting.remove((due, timer))
                Thread.start(timer)
                timer.join(20)
                assert not timer.is_alive()


def test_a_page_view_is_in_the_log_within_a_second(app: Flask, monkeypatch) -> None:
    clock = Clock()
    monkeypatch.setattr(threading, "Timer", clock.timer)
    views = app.extensions["page_views"]
    views.add(view(found=3))
    clock.forward(0.9)
    views.add(view(found=4))
    assert log() == [], "those of one second are written together"
    clock.forward(0.1)
    found = log()
    assert [event.facts["found"] for event in found] == [3, 4]
    assert [(event.session_id, event.journey_id) for event in found] == [("a-visit", "a-visit")] * 2
    views.add(view(found=5))
    clock.forward(1)
    assert len(log()) == 3, "and the next second has a timer of its own"


def test_page_views_are_written_together(app: Flask) -> None:
    views = app.extensions["page_views"]
    for _ in range(20):
        views.add(view())
    assert phases() == []
    views.flush()
    assert phases() == ["entered"] * 20


def test_a_page_view_takes_no_undeclared_fact(app: Flask) -> None:
    with pytest.raises(UnknownFact):
        app.extensions["page_views"].add(view(name="Ada"))


def test_a_page_of_a_member_and_a_trip_joins_the_trip(app: Flask) -> None:
    views = app.extensions["page_views"]
    views.add(PageView(Step.PICKUP_UNLOCK, Phase.ENTERED, "a-visit", "a-trace", 7, 9, {}, None, None))
    views.flush()
    event = log()[0]
    assert event.member_pid is not None
    assert event.journey_id == event.objects[0]["id"]


@pytest.mark.one_database
def test_without_a_data_folder_views_are_lost_and_nothing_else_breaks(app: Flask, tmp_path: Path, capsys) -> None:
    views = app.extensions["page_views"]
    views.add(view())
    rmtree(tmp_path)
    writer = Thread(target=views.flush)  # a thread of its own, like the timer's: what it raises fails this test
    writer.start()
    writer.join(10)
    assert not writer.is_alive()
    assert "page views lost" in capsys.readouterr().err
