"""Who comes through the door for machines: tokens, by their scopes; never a cookie; and every no is a problem."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.audit import AuditRow
from core.database import db, transaction
from core.time import wall_now
from portal.account.models import MemberStatus, Role
from portal.account.sessions import begin_session
from portal.api.models import Scope
from portal.api.tokens import give_token, revoke_token
from portal.app import create_app
from portal.web.page import declared_of
from tests.conftest import settings_for
from tests.portal.api.machines import Machine, document, machine_of, operation_of


def _routes(site):
    return [(method.upper(), path.replace("/api/v1", "", 1), said) for path, methods in document(site)["paths"].items()
            for method, said in methods.items() if method != "parameters"]


def _filled(path):
    holes = {"reservation_id": "0123456789", "car_id": "acorn", "command_id": str(UUID(int=1)), "action": "flash"}
    return re.sub(r"\{(\w+)\}", lambda hole: holes[hole[1]], path)


def test_every_route_under_the_address_is_in_the_document_and_declared_for_machines(site):
    known = {(method, path) for method, path, _said in _routes(site)}
    for rule in site.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or rule.endpoint == "api.openapi":
            continue
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1")
        assert declared_of(site, rule.endpoint).by_token is not None, rule.rule
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert (method, path) in known, rule.rule


def test_a_scope_is_asked_for_exactly_where_the_document_says_so(site, app, clock, ada, stranger):
    """Every route, with no token, with a token that may do everything else, and with one that may do just this."""
    for method, path, said in _routes(site):
        needed = said.get("x-scope")
        body = {} if "requestBody" in said else None
        here = _filled(path)
        assert (stranger.ask(method, here, body).status_code == 401) is (needed is not None), path
        if needed is None:
            continue
        others = machine_of(site, ada, clock, *(scope for scope in Scope if scope != needed))
        answer = others.ask(method, here, body)
        assert (answer.status_code, answer.json["code"], answer.json["scope"]) == (403, "token_may_not", needed), path
        assert machine_of(site, ada, clock, Scope(needed)).ask(method, here, body).status_code not in (401, 403), path


def test_a_cookie_opens_nothing_here(site, app, clock, ada):
    session = begin_session(ada.user, remember=False, device="test")
    for method, path, said in _routes(site):
        if "x-scope" not in said:
            continue
        client = site.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = session, True
        answer = client.open(f"/api/v1{_filled(path)}", method=method, json={})
        assert (answer.status_code, answer.json["code"]) == (401, "token_first"), path
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("said", [
    "Bearer", "Bearer ", "Bearer nonsense", "Basic YWRhOmFkYQ==", "rt_x", "Bearer rt_ä", "Bearer a b c"])
def test_what_is_no_token_of_ours_is_refused_everywhere(stranger, said):
    for path in ("/api/v1/me", "/api/v1/cars?near=Loop"):
        answer = stranger.send("GET", path, headers={"Authorization": said.encode().decode("latin-1")})
        assert (answer.status_code, answer.json["code"]) == (401, "token_unknown"), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_no_token_says_how_to_come_in(stranger):
    answer = stranger.get("/me")
    assert (answer.status_code, answer.json["code"], answer.headers["WWW-Authenticate"]) == (401, "token_first", "Bearer")


def test_a_revoked_token_and_a_member_who_left_are_out_at_once(site, app, clock, ada):
    row, token = give_token(member=ada, name="x", scopes=[Scope.READ])
    there = Machine(site, clock, token)
    assert there.get("/me").status_code == 200
    revoke_token(token_id=row.id)
    assert there.get("/me").status_code == 401
    other = machine_of(site, ada, clock)
    assert other.get("/me").status_code == 200
    with transaction():
        ada.status = MemberStatus.CLOSED
    assert other.get("/me").status_code == 401
    with transaction():
        ada.status, ada.user.disabled_at = MemberStatus.ACTIVE, wall_now() - timedelta(days=1)
    assert other.get("/me").status_code == 401


def test_a_token_of_somebody_who_works_here_has_no_power_of_the_staff(site, app, clock, people, ada):
    from portal.account.add_user import give_role
    give_role(email=ada.user.email, role=Role.ADMIN)
    db.session.expire_all()
    machine_of(site, ada, clock).get("/me")
    client = site.test_client(use_cookies=False)
    token = give_token(member=ada, name="x", scopes=list(Scope))[1]
    for desk in ("/fleet/", "/experience/", "/office/help/", "/account/"):
        answer = client.get(desk, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (302, 404, 308), desk  # the sign-in page: tokens are for the API
    assert db.session.scalar(select(AuditRow.id).where(AuditRow.why.startswith("GET /api"))) is None


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/api/v1/nothing", 404, "not_found"), ("GET", "/api/v2/cars", 404, "not_found"),
    ("POST", "/api/v1/cars", 405, "method_not_allowed"),
    ("GET", "/api/v1/cars?near=%00", 400, "not_text")])
def test_every_wrong_turn_is_a_problem(stranger, method, path, status, code):
    answer = stranger.send(method, path)
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (status, "application/problem+json", code)
    assert answer.json["status"] == status
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json["type"] == f"/api/docs#{code}"
    assert (status == 405) == ("Allow" in answer.headers)


def test_a_failure_says_nothing_of_its_reason(tmp_path, monkeypatch):
    app = create_app(settings_for(tmp_path, "") | {"TESTING": False, "PROPAGATE_EXCEPTIONS": False})  # no tables here at all
    answer = app.test_client().get("/api/v1/cars?near=Loop")
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (500, "application/problem+json", "failed")
    assert "sqlite" not in answer.text.lower()


def test_no_other_site_may_read_an_answer_in_its_visitors_browser(stranger):
    for method in ("GET", "OPTIONS"):
        answer = stranger.send(method, "/api/v1/cars?near=Loop", headers={
            "Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"})
        assert not [name for name, _value in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.one_database
def test_who_asks_too_often_is_told_when_to_come_back(limited_site, clock):
    client = limited_site.test_client()
    answers = [client.get("/api/v1/cars?near=Loop&limit=1") for _ in range(121)]
    assert {answer.status_code for answer in answers[:120]} == {200}
    assert not {"Retry-After", "X-RateLimit-Remaining"} & {name for answer in answers[:120] for name, _value in answer.headers}
    last = answers[-1]
    assert (last.status_code, last.mimetype, last.json["code"]) == (429, "application/problem+json", "too_many_requests")
    assert 0 < int(last.headers["Retry-After"]) <= 60


@pytest.mark.one_database
def test_a_token_is_limited_from_wherever_it_is_used(limited_site, clock, monkeypatch):
    from tests.factories import People
    monkeypatch.setattr("portal.api.door.MOST", "3/minute")
    with limited_site.app_context():
        ada, bo = People().member(), People().member("Bo Lindqvist")
        tokens = [give_token(member=member, name="x", scopes=[Scope.READ])[1] for member in (ada, bo)]
    client = limited_site.test_client()

    def ask(token, address):
        return client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}, environ_base={"REMOTE_ADDR": address})
    said = [ask(tokens[0], f"10.0.0.{n}") for n in range(4)]
    assert [answer.status_code for answer in said] == [200, 200, 200, 429]
    assert int(said[-1].headers["Retry-After"]) > 0
    assert ask(tokens[1], "10.0.0.9").status_code == 200


def test_the_document_is_open_api_and_whole(site, stranger):
    answer = stranger.send("GET", "/api/v1/openapi.json")
    assert answer.json["openapi"] == "3.1.0"
    assert stranger.send("GET", "/api/v1/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for method, path, said in _routes(site):
        assert said["summary"], path
        assert "500" not in said["responses"], path
        assert operation_of(site, method, f"/api/v1{_filled(path)}") == said
