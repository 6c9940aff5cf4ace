"""The desk's pages about the record itself: is it whole, and what did browsers tell?"""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, insert

from core.database import db, transaction
from core.time import now
from experience.insight.browser import ENOUGH, browser_figures, vital
from experience.journey import Step
from experience.record.models import BrowserEvent, Event, QuarantinedEvent
from portal.account.models import Role
from tests.experience.given import press, staff_browser
from tests.factories import People, hours
from tests.reservations.made import booked

pytestmark = pytest.mark.one_database


def _vitals(step: Step, lcp: int) -> dict[str, object]:
    return {"source": "x", "id": uuid4(), "type": "x", "kind": "vitals", "dataschema": "x", "time": now(), "recorded_at": now(),
            "clock_offset_ms": 0, "step": str(step), "session_id": "s", "trace_id": "t", "journey_id": "s",
            "facts": {"lcp_ms": lcp, "cls_milli": 20}, "app_version": "0", "is_demo": False}


def _tell(*rows: dict[str, object]) -> None:
    with transaction():
        db.session.execute(insert(BrowserEvent), list(rows))


def test_the_page_names_what_is_missing_and_counts_the_rest(site: Flask) -> None:
    with site.app_context():
        at = now()
        booked(People().member(), now=at, span=hours(24, 26, day=at.replace(minute=0, second=0, microsecond=0)))
        with transaction():
            db.session.execute(delete(Event).where(Event.step == str(Step.BOOK_CONFIRM)))
    mara = staff_browser(site, Role.CX)
    assert "Nothing has been compared yet" in mara.get("/experience/reconciliation").text
    assert press(mara, "/experience/reconciliation", "/experience/reconciliation").status_code == 302
    page = mara.get("/experience/reconciliation").text
    assert "The record is not whole" in page
    assert "has no event" in page
    assert "/experience/steps/book.confirm" in page
    assert "has no event" not in mara.get("/experience/reconciliation?kind=refund").text


def test_the_home_pages_promise_settles_from_what_browsers_told(site: Flask) -> None:
    mara = staff_browser(site, Role.CX)
    with site.app_context():
        _tell(*(_vitals(Step.LEARN_HOME, 1_000) for _ in range(ENOUGH - 1)))
    assert "Too few visits have told yet: 19." in mara.get("/experience/browser").text
    with site.app_context():
        _tell(_vitals(Step.LEARN_HOME, 9_000))
        (home,) = browser_figures(now() - timedelta(days=1))
        assert (home.vitals["lcp_ms"].p75, home.vitals["lcp_ms"].kept) == (1_000, True)
    assert "kept" in mara.get("/experience/browser").text
    with site.app_context():
        _tell(*(_vitals(Step.LEARN_HOME, 2_600) for _ in range(20)))
    page = mara.get("/experience/browser").text
    assert "Over 40 visits it is 2.6 s." in page
    assert "broken" in page
    assert "2600" in mara.get("/experience/browser/learn.home/vitals").text


@pytest.mark.parametrize(("values", "p75"), [([5], 5), ([1, 2], 2), ([1, 2, 3, 4], 3), ([4, 3, 2, 1, 5], 4),
                                              (list(range(1, 101)), 75)])
def test_three_in_four_by_nearest_rank(values: list[int], p75: int) -> None:
    assert vital("lcp_ms", values).p75 == p75


def test_what_was_put_aside_is_counted_by_reason_and_shown_by_its_shape(site: Flask) -> None:
    mara = staff_browser(site, Role.CX)
    with site.app_context(), transaction():
        db.session.execute(insert(QuarantinedEvent), [
            {"at": now(), "source": "x", "step": "find.search", "reason": "pattern:facts.field",
             "body": '{"kind": "field_error"}'}] * 3)
    assert "pattern:facts.field" in mara.get("/experience/browser").text
    assert "field_error" in mara.get("/experience/browser/quarantine").text
    assert mara.get("/experience/browser/find.search/mood").status_code == 404
