"""Page views wait for a second at most, and are written together."""

from pathlib import Path
from shutil import rmtree
from threading import Thread
from time import monotonic, sleep

import pytest
from flask import Flask

from experience.journey import Phase, Step
from experience.record.observe import UnknownFact
from experience.record.page_views import PageView
from tests.experience.given import log, phases


def view(step: Step = Step.FIND_SEARCH, **facts: object) -> PageView:
    return PageView(step, Phase.ENTERED, "a-visit", "a-trace", None, None, facts, None, None)


def test_a_page_view_is_in_the_log_within_a_second(app: Flask) -> None:
    assert app.extensions["page_views"]._flush_seconds <= 1
    app.extensions["page_views"].add(view(found=3))
    until = monotonic() + 20  # the buffer's second, and time to write on a busy machine
    while not (found := log()) and monotonic() < until:
        sleep(0.05)
    assert [(event.session_id, event.journey_id) for event in found] == [("a-visit", "a-visit")]
    assert found[0].facts == {"found": 3}


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
