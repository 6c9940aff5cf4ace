"""Checks 2 and 4: what is somebody else's is like what is not there, and a form sets what it declares and nothing else."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest
from flask import request
from flask_login import current_user
from sqlalchemy import Date, Integer, select
from werkzeug.routing import Rule

from core.database import UtcDateTime, db, transaction
from core.refusal import NotFound
from portal.account.models import Member, User, UserRole
from portal.api.models import Scope
from portal.web.page import SIGNED_IN, page
from reservations.booking.models import Reservation
from tests.checks.doors import House, Markup, a_house, without_ids
from tests.portal.api.machines import Machine, machine_of

pytestmark = [pytest.mark.one_database, pytest.mark.long]


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(request, tmp_path_factory.mktemp("doors")) as made:
        made.app.add_url_rule("/careless", "careless", _careless, methods=["POST"])
        yield made


@page(who=SIGNED_IN, exempt="a test")
def _careless() -> str:
    """A door as there must be none: whatever is sent is set."""
    with transaction():
        user = db.session.get_one(User, current_user.id)
        for name, value in request.form.items():
            if name == "name":
                setattr(user, name, value)
    return ""


# 2: an id is no key.

def _told(house: House, who: str | Machine, rule: Rule, method: str, *, nobodys: bool) -> Any:
    """What somebody is told of Ada's thing, or of one that nobody has."""
    address = house.address(rule, nobodys=nobodys)
    if isinstance(who, Machine):
        headers = {"Authorization": f"Bearer {who.token}", "Idempotency-Key": str(uuid4())}
        return without_ids(who.send(method, address, headers=headers, json={} if method != "GET" else None), house)
    sent = {"csrf_token": house.token(who)} if method == "POST" else None
    return without_ids(house.browsers[who].send(address, method=method, data=sent), house)


def _gives_away(house: House, who: str, under: str = "/") -> dict[str, Any]:
    """The doors that tell somebody whether Ada's thing is there, with both answers."""
    machine, found = machine_of(house.app, house.member(who), house.clock, *Scope), {}
    for rule in house.rules(owned=True):
        if not rule.rule.startswith(under) or (house.is_page(rule) and not house.lets_in(rule, who)):
            continue  # closed to the role, whatever it names: tests/matrix.csv
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            asker = who if house.is_page(rule) else machine
            for _ in range(2):  # again, where a word from the door before may have stood on the first of the two
                theirs, nobodys = (_told(house, asker, rule, method, nobodys=which) for which in (False, True))
                if theirs == nobodys:
                    break
            else:
                found[f"{method} {rule.rule}"] = _where(repr(theirs), repr(nobodys))
    return found


def _where(one: str, other: str) -> str:
    """Where two answers part."""
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"{one[:4]}…{one[max(at - 60, 0):at + 60]} | {other[:4]}…{other[max(at - 60, 0):at + 60]}"


@pytest.mark.check("idor")
def test_what_is_somebody_elses_is_told_byte_for_byte_like_what_is_not_there(house):
    assert len(house.rules(owned=True)) > 100
    assert _gives_away(house, "other") == {}


@pytest.mark.check("idor")
def test_the_comparison_sees_a_door_that_does_not_ask_who_is_asking(house, monkeypatch):
    def anybodys(_member: Member, reference: str) -> Reservation:
        found = db.session.scalars(select(Reservation).where(Reservation.reference == reference)).first()
        if found is None:
            raise NotFound()
        return found

    for name in ("my_booking", "my_reservation"):
        monkeypatch.setattr(f"reservations.booking.views.{name}", anybodys, raising=False)
    assert _gives_away(house, "other", "/trips/<") != {}


# 4: every column of every table is sent to every door beside what its form shows.

KNOWN = {"role": "admin", "roles": "admin", "status": "active", "plan": "regular", "disabled_at": "2027-01-01"}
FIRST_DAY, FIRST_NUMBER = date(1911, 1, 1), 900_000_000
SENT = re.compile(r"zq\d+zq|\b9000\d{5}\b|datetime\.date(?:time)?\(191[1-3]")
# What a door is there to change: the password; the licence of whoever a reviewer approves.
DECLARED = {"security.password": {"password_hash"}, "reviews.approve": {"licence_until"}}


def _columns() -> dict[str, Any]:
    """Every column of every table by its name."""
    return {column.key: column.type for table in db.metadata.tables.values() for column in table.columns}


def _everything(number: int) -> dict[str, str]:
    """A value for every column, from which it is known with which post it came."""
    day = (FIRST_DAY + timedelta(days=number)).isoformat()
    return {name: KNOWN.get(name) or (day if isinstance(kind, Date) else f"{day}T12:00" if isinstance(kind, UtcDateTime)
                                      else str(FIRST_NUMBER + number) if isinstance(kind, Integer) else f"zq{number}zq")
            for name, kind in _columns().items()}


def _posts(house: House) -> list[tuple[str, str, dict[str, str]]]:
    """Who, where to and what a page's form would send: every form of every page, and every other door that takes a form."""
    found: dict[tuple[str, str], tuple[str, str, dict[str, str]]] = {}
    matching = house.app.url_map.bind("localhost")
    for rule in house.rules():
        methods = rule.methods or set()
        for who in ("anon", "member", "fleet", "cx", "support", "finance", "reviewer"):
            if "GET" not in methods or not house.lets_in(rule, who):
                continue
            answer = house.browsers[who].get(house.address(rule))
            if answer.status_code == 200 and answer.mimetype == "text/html":
                for form in Markup(answer.text).forms:
                    action = urljoin(answer.request.full_path, form.action).rstrip("?")
                    if matching.test(action.split("?")[0], method="POST"):
                        endpoint, _args = matching.match(action.split("?")[0], method="POST")
                        found.setdefault((endpoint, who), (who, action, form.fields))
    reached = {endpoint for endpoint, _who in found}
    for rule in house.rules():
        if "POST" in (rule.methods or ()) and rule.endpoint not in reached and house.is_page(rule):
            who = next(who for who in house.browsers if house.lets_in(rule, who) and who != "anon")
            found[rule.endpoint, who] = (who, house.address(rule), {})
    order = {rule.endpoint: number for number, rule in enumerate(house.rules())}
    return [post for (endpoint, _who), post in sorted(found.items(), key=lambda each: order[each[0][0]])
            if endpoint != "careless"]


def _people_now() -> dict[str, Any]:
    """What decides who somebody is and what they may."""
    db.session.rollback()
    return {"role": sorted(tuple(row) for row in db.session.execute(select(UserRole.user_id, UserRole.role))),
            **{column.key: [*map(tuple, db.session.execute(select(column.class_.id, column).order_by(column.class_.id)))]
               for column in (User.email, User.name, User.password_hash, User.disabled_at, Member.status, Member.plan,
                              Member.born_on, Member.licence_until, Member.user_id)}}


def _set_by(house: House, posts: list[tuple[str, str, dict[str, str]]], first: int = 0) -> dict[str, set[str]]:
    """What doors have set beside what their form shows: columns by door; "500" for one that broke. `first`: their numbers
    begin with it."""
    matching, found = house.app.url_map.bind("localhost"), {}
    numbered, before = dict(enumerate(posts, first)), _people_now()
    for number, (who, address, fields) in numbered.items():
        endpoint = matching.match(address.split("?")[0], method="POST")[0]
        sent = _everything(number) | fields | {"csrf_token": house.token(who)}
        answer = house.browsers[who].send(address, method="POST", data=sent)
        now = _people_now()
        changed = {name for name in now if now[name] != before[name]} | ({"500"} if answer.status_code >= 500 else set())
        if changed:
            found.setdefault(endpoint, set()).update(changed)
        before = now
    house.app.extensions["page_views"].flush()
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            for column, value in row.items():
                for mark in SENT.findall(repr(value)):
                    read = re.fullmatch(r"(?:zq|9000)0*(\d+)(?:zq)?", mark)
                    if read is None or int(read[1]) in numbered:
                        door = matching.match(numbered[int(read[1])][1].split("?")[0], method="POST")[0] if read else "?"
                        found.setdefault(door, set()).add(f"{table.name}.{column}")
    return found


@pytest.mark.check("massassign")
def test_the_comparison_sees_a_door_that_sets_whatever_is_sent(house):
    assert _set_by(house, [("fleet", "/careless", {})], first=9000) == {"careless": {"name", "users.name"}}


@pytest.mark.check("massassign")
def test_a_door_sets_what_its_form_declares_and_nothing_else(house):
    posts = _posts(house)
    assert len(posts) > 100
    beyond = {door: columns - DECLARED.get(door, set()) for door, columns in _set_by(house, posts).items()}
    assert {door: columns for door, columns in beyond.items() if columns} == {}
