"""schemathesis reads the document and tries everything that it allows, and much that it does not: no failure, and no answer
that the document does not declare. `SOAK=1` tries for longer, and on both databases."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from flask_babel import LazyString
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from core.database import db
from core.refusal import Refusal
from core.time import service_clock
from portal.api import words
from portal.api.docs import codes_of, operations_of
from portal.api.models import Scope
from portal.api.tokens import give_token
from portal.app import create_app
from tests.conftest import DATABASES, SOAK, fresh_database, settings_for
from tests.factories import Clock, People, a_car, hours
from tests.portal.api.machines import document, faults_of
from tests.reservations.made import booked

EXAMPLES = 200 if SOAK else 5
NOT_CLAIMED = [positive_data_acceptance]  # a time that fits its schema may have passed
TRIED = settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
                 phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", params=DATABASES if SOAK else ("sqlite",))
def city(request, tmp_path_factory) -> Iterator[tuple[Flask, str, list[str]]]:
    """An app with a member who has some bookings, and the token of a machine that may do everything for them."""
    home = tmp_path_factory.mktemp("document")
    with fresh_database(request, request.param, home) as url:
        app = create_app(settings_for(home, url))
        with app.app_context(), service_clock(Clock()):
            ada = People().member()
            token = give_token(member=ada, name="schemathesis", scopes=list(Scope))[1]
            mine = [booked(ada, a_car(), hours(24 + 4 * n, 26 + 4 * n)).reference for n in range(4)]
        yield app, token, mine
        app.extensions["page_views"].flush()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.mark.check("schemathesis")
def test_nothing_fails_and_nothing_undeclared_is_answered(city):
    app, token, mine = city
    seen: Counter[int] = Counter()
    for result in schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations():
        _try(result.ok(), token, mine, seen)
    assert not [status for status in seen if status >= 500]
    assert min(seen[200], seen[404], seen[422]) > 5, seen


def _try(operation, token: str, mine: list[str], seen: "Counter[int]") -> None:
    """Every kind of request to one route; every second one is about something that exists."""
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}  # a test client unpacks nothing

    @TRIED
    @given(case=operation.as_strategy())
    def each(case):
        if seen.total() % 2 and "reservation_id" in case.path_parameters:
            case.path_parameters["reservation_id"] = mine[seen.total() % len(mine)]
        if seen.total() % 2 and "car_id" in case.path_parameters:
            case.path_parameters["car_id"] = "acorn"
        with service_clock(Clock()):
            answer = case.call_and_validate(headers=headers, excluded_checks=NOT_CLAIMED)
        seen[answer.status_code] += 1
    each()


def test_examples_of_the_document_fit_its_schemas(site):
    found = 0
    for path, methods in document(site)["paths"].items():
        for method, said in ((method, said) for method, said in methods.items() if method != "parameters"):
            for body in (said.get("requestBody", {}), *said["responses"].values()):
                for content in (one for one in body.get("content", {}).values() if "example" in one):
                    found += 1
                    assert faults_of(site, content["schema"], content["example"]) == [], (method, path)
    assert found > 15


ON_A_PAGE = re.compile(r"\b(page|button|press|tap|reload|below|go back|here (is|are))\b", re.IGNORECASE)


def test_no_no_speaks_to_machines_of_what_stands_on_a_page(app):
    codes = {code for code, _statuses in codes_of(operations_of(document(app)))}
    kinds = {one for each in Refusal.__subclasses__() for one in (each, *each.__subclasses__())}
    said = [(one.code, str(words.SAYS.get(one.code, one.says)), str(words.NEXT.get(one.code, one.remedy)))
            for one in kinds if one.code in codes and isinstance(one.remedy, str | LazyString)]
    says_itself = {"card_used_up", "more_than_fits", "token_may_not", "too_early"}  # with figures, when it is raised
    assert len(said) > 40
    assert [each for each in said if ON_A_PAGE.search(f"{each[1]} {each[2]}") and each[0] not in says_itself] == []


def test_no_no_below_the_machines_door_speaks_of_its_routes(app):
    kinds = {one for each in Refusal.__subclasses__() for one in (each, *each.__subclasses__())}
    below = [one for one in kinds if not one.__module__.startswith("portal.api")]
    assert [one.code for one in below if re.search(r"\b(GET|POST|PATCH|DELETE) /", f"{one.says} {one.remedy}")] == []
    assert "POST /quotes" in str(words.NEXT["quote_unknown"])
