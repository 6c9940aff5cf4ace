"""Every door of the site with something behind it: who asks, what stands for each argument, and how two answers compare.

The people and the objects are those of the table of doors (tests/behind_doors.py), so that a new route needs them once.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.database import db
from portal.account.models import Member, User
from portal.app import create_app
from portal.web.live import TOKEN
from portal.web.page import declared_of
from tests.behind_doors import LAST, address_of, objects_of, objects_of_nobody, people_of_every_role
from tests.conftest import fresh_database, settings_for
from tests.factories import Clock
from tests.reservations.pages import BEACON, Browser

# What these name is everybody's or every member's to see, or the argument itself is the key (a signed link).
PUBLIC = {"car_id", "slug", "lot_slug", "name", "version", "path", "kind", "side", "step_name", "action", "channel",
          "solicitation", "week_name", "purpose", "remark_id", "suggestion_id"}
KEYS = {"signed", "signed_number", "secret", "token", "invitation_token", "link"}


@dataclass
class House:
    """A site with people of every role, and objects of one of its members, Ada."""

    app: Flask
    clock: Clock
    browsers: dict[str, Browser]
    ada: Member
    objects: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)
    known: dict[str, re.Pattern[str]] = field(default_factory=dict)  # how a column is known on a page (private_facts.py)

    def rules(self, *, owned: bool = False) -> list[Rule]:
        """Doors in an order in which each can still be opened; `owned`: only those that name something of somebody's.

        What has no object yet is missed by the table of doors, and not again here.
        """
        found = sorted(self.app.url_map.iter_rules(), key=lambda rule: (
            LAST.index(rule.endpoint) + 1 if rule.endpoint in LAST else rule.endpoint == "leave.show", rule.rule))
        return [rule for rule in found if rule.arguments <= {*self.objects, "slug"} and (
            not owned or rule.arguments - PUBLIC - KEYS)]

    def address(self, rule: Rule, *, nobodys: bool = False) -> str:
        """The rule with Ada's objects, or with such as there are none."""
        return address_of(rule, self.objects | (self.nobodys() if nobodys else {}))

    def nobodys(self) -> dict[str, str]:
        """Ids that nobody has, of the right shape."""
        made = {name: "987654321" if value.isdecimal() and len(value) < 10 else value
                for name, value in objects_of_nobody().items()}
        return {name: made.get(name, str(uuid4())) for name in self.objects if name not in PUBLIC | KEYS}

    def member(self, who: str) -> Member:
        """The member behind a browser."""
        name = {"member": "Ada Okafor", "other": "Bo Lindqvist", "applicant": "Pat Green"}[who]
        return db.session.scalars(select(Member).join(User, User.id == Member.user_id).where(User.name == name)).one()

    def token(self, who: str) -> str:
        """A token against forgery, of one page for all forms."""
        if who not in self.tokens:
            self.tokens[who] = self.browsers[who].token()
        return self.tokens[who]

    def is_page(self, rule: Rule) -> bool:
        """Whether people with a browser open it: machines bring a token instead."""
        declared = declared_of(self.app, rule.endpoint)
        return declared is not None and declared.by_token is None

    def lets_in(self, rule: Rule, who: str) -> bool:
        """Whether a page is there for this role, as far as it declares; everybody's pages are asked by visitors and members."""
        declared = declared_of(self.app, rule.endpoint)
        if declared is None or declared.by_token is not None:
            return False
        role = "member" if who in ("member", "other", "applicant") else who
        if declared.who.anyone:
            return who in ("anon", "member", "other")
        return who != "anon" and (not declared.who.roles or role in declared.who.roles)


@contextmanager
def a_house(request, home: Path) -> Iterator[House]:
    """A house on a database of its own."""
    with fresh_database(request, "sqlite", home) as url:
        app, clock = create_app(settings_for(home, url, DEMO_CITY=True)), Clock()
        with app.app_context():
            browsers, ada = people_of_every_role(app, clock)
            objects = objects_of(ada, app)
            db.session.rollback()
            yield House(app, clock, browsers, ada, objects)
            app.extensions["page_views"].flush()
            db.session.remove()
            db.engine.dispose()


def without_ids(answer: TestResponse, house: House) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, body and headers of an answer, without the ids that were asked for and what names this one request."""
    ids = sorted({*house.objects.values(), *house.nobodys().values(), answer.headers["X-Request-Id"]} - {""}, key=len,
                 reverse=True)
    forms = {form for each in ids for form in (each, each.replace("-", "")) if len(form) > 4}
    which = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))
    said = [(key, which.sub("#", value)) for key, value in answer.headers
            if key not in ("X-Request-Id", "Set-Cookie", "Content-Length")]
    asked = re.escape(answer.request.path)
    return answer.status_code, which.sub("#", re.sub(asked, "#", BEACON.sub("", TOKEN.sub("", answer.text)))), sorted(said)


@dataclass
class Shown:
    """A form of a page: where it goes, and its fields as they are shown, the empty ones filled in somehow."""

    action: str
    fields: dict[str, str]


class Markup(HTMLParser):
    """What of a page a browser would take for an element, a handler, an address to go to, or a form."""

    TYPED: ClassVar = {"date": "2027-01-05", "datetime-local": "2027-01-05T12:00", "number": "1", "email": "new@example.com",
                       "password": "seven quiet herons wade", "tel": "312 555 0177", "file": None}
    WORDS = "Words that say enough."

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Shown] = []
        self._select, self._open = "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self._open = given.get("method", "").lower() == "post"
            if self._open:
                self.forms.append(Shown(given.get("action", ""), {}))
        if not self._open:
            return
        fields, name = self.forms[-1].fields, given.get("name", self._select)
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and (given.get("value") or "selected" in given):
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value", "")
        elif tag == "textarea" and name:
            fields[name] = self.WORDS
        elif tag == "input" and name and (typed := given.get("value") or self.TYPED.get(given.get("type", ""), self.WORDS)):
            fields.setdefault(name, typed)

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._open = self._open and tag != "form"
