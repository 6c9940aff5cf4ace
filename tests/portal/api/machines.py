"""A machine as a member's script would be: it has a token, sends JSON, and every answer is held to the document."""

import json
import re
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, has_app_context
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from werkzeug.test import TestResponse

from core.database import db
from core.time import service_clock
from portal.account.models import Member
from portal.api.models import Scope
from portal.api.tokens import give_token
from tests.factories import Clock


@dataclass
class Machine:
    """Asks with its token, or without one, as of a clock that stands still."""

    site: Flask
    clock: Clock
    token: str | None = None
    seen: list[tuple[str, str, int]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any) -> TestResponse:
        """Any request; what is answered is checked against the document."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        sent = {"json": body} if body is not None else {}
        answer = self.send(method, f"/api/v1{path}", query_string=query or None, headers=headers, **sent)
        check(self.site, method, f"/api/v1{path}", answer)
        self.seen.append((method, path, answer.status_code))
        return answer

    def send(self, method: str, address: str, **request: Any) -> TestResponse:
        """Any request, unchecked."""
        try:
            return Context().run(self._send, method, address, request)
        finally:
            if has_app_context():
                db.session.rollback()

    def _send(self, method: str, address: str, request: dict[str, Any]) -> TestResponse:
        with service_clock(self.clock):
            return self.site.test_client(use_cookies=False).open(address, method=method, buffered=True, **request)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.ask("GET", path, **query)


def machine_of(site: Flask, member: Member, clock: Clock, *scopes: Scope) -> Machine:
    """A machine with a token of the member, good for everything unless said otherwise."""
    return Machine(site, clock, give_token(member=member, name="test", scopes=scopes or tuple(Scope))[1])


def document(site: Flask) -> dict[str, Any]:
    found: dict[str, Any] = site.extensions["api_document"]
    return found


def operation_of(site: Flask, method: str, path: str) -> dict[str, Any]:
    """What the document says of a route, by an address of it."""
    for rule, methods in sorted(document(site)["paths"].items(), key=lambda each: each[0].count("{")):  # plain words first
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", rule), urlsplit(path).path) and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    raise AssertionError(f"the document does not know {method} {path}")


def check(site: Flask, method: str, path: str, answer: TestResponse) -> None:
    """The answer is one of those that the document declares: status, kind, shape, and the code of a refusal."""
    declared = operation_of(site, method, path)["responses"]
    assert str(answer.status_code) in declared, (method, path, answer.status_code, answer.text[:500])
    content = declared[str(answer.status_code)]["content"]
    assert answer.mimetype in content, (method, path, answer.mimetype)
    faults = faults_of(site, content[answer.mimetype]["schema"], json.loads(answer.text))
    assert faults == [], (method, path, faults, answer.text[:500])


def faults_of(site: Flask, schema: dict[str, Any], said: Any) -> list[str]:
    """What of something does not fit a schema of the document."""
    whole = {**schema, "components": document(site)["components"]}
    assert validator_for(whole, Draft202012Validator) is Draft202012Validator
    checker = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in checker.iter_errors(said)]
