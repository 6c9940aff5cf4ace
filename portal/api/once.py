"""Requests that act once: what was answered under a member's Idempotency-Key is kept with the work, in one transaction."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Response, request
from flask_babel import gettext as _
from flask_smorest import Blueprint
from sqlalchemy import bindparam, delete, select

from core.database import db, rows_changed, take_turns, transaction
from core.refusal import Refusal
from core.time import wall_now
from portal.api import as_json
from portal.api.errors import DoesNotHold, IdempotencyConflict
from portal.api.models import ApiAnswer
from portal.web.page import me
from portal.web.problem import refused

View = TypeVar("View", bound=Callable[..., Any])
KEY = re.compile(r"[\x21-\x7e]{1,200}")
KEPT = timedelta(days=2)
_KEPT = select(ApiAnswer).where(ApiAnswer.member_id == bindparam("member"), ApiAnswer.key == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a request: what is said, under which status, and where what it made can be found."""

    said: Any
    status: int = 200
    location: str | None = None


def keyed(*, required: bool) -> Callable[[View], View]:
    """Write down that a route takes an Idempotency-Key."""
    said = ("A word of your own for this one request, up to 200 characters. Sent again with the same request within two days, "
            "it has the same answer and nothing happens twice.")
    parameter = {"in": "header", "name": "Idempotency-Key", "required": required, "description": said,
                 "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}}

    def document(view: View) -> View:
        documented: View = Blueprint.doc(parameters=[parameter])(view)
        return documented

    return document


def answer_once(work: Callable[[], Done], *, required: bool = False,
                refuse: Callable[[Refusal], Refusal] = lambda refusal: refusal) -> Response:
    """Do the work and answer; under a key that came before with the same request, answer as then and do nothing.

    What is done and its answer are one COMMIT, and requests under one key take turns, so they are done once however many
    come at once. A refusal is an answer too, kept after the rollback; `refuse` may add to it what helps. Raises DoesNotHold
    for a missing or unreadable key, IdempotencyConflict for a key that was used for another request.
    """
    key = _key(required)
    try:
        if key is None:
            return _answer(_row(work(), 0, "", "", wall_now()))
        with transaction():
            return _answer(*_kept_or(key, lambda: work()))
    except IdempotencyConflict:
        raise
    except Refusal as refusal:
        said = refuse(refusal)
        if key is None or said.status >= 500:
            raise said from refusal
    answer = refused(said)
    with transaction():  # whoever was faster under this key has been answered, and everybody is answered the same
        return _answer(*_kept_or(key, lambda: Done(answer.get_data(as_text=True), answer.status_code)))


def _kept_or(key: str, work: Callable[[], Done]) -> tuple[ApiAnswer, bool]:
    """The answer that is kept under the key, or that of the work, kept from now on; and whether it is an old one."""
    member_id, fingerprint, now = me().id, _fingerprint(), wall_now()
    take_turns(f"api key {key} of {member_id}")
    kept: ApiAnswer | None = db.session.scalar(_KEPT, {"member": member_id, "key": key})
    if kept is not None and kept.at > now - KEPT:
        if kept.fingerprint != fingerprint:
            raise IdempotencyConflict()
        return kept, True
    if kept is not None:
        db.session.execute(delete(ApiAnswer).where(ApiAnswer.member_id == member_id, ApiAnswer.key == key))
    row = _row(work(), member_id, key, fingerprint, now)
    db.session.add(row)
    db.session.flush()
    return row, False


def _row(done: Done, member_id: int, key: str, fingerprint: str, now: datetime) -> ApiAnswer:
    body = done.said if isinstance(done.said, str) else as_json.written(done.said)
    return ApiAnswer(member_id=member_id, key=key, fingerprint=fingerprint, at=now, status=done.status,
                     location=done.location, body=body)


def _answer(row: ApiAnswer, old: bool = False) -> Response:
    made = Response(row.body, row.status, mimetype="application/problem+json" if row.status >= 400 else "application/json")
    if row.location:
        made.headers["Location"] = row.location
    if old:
        made.headers["Idempotent-Replayed"] = "true"
    return made


def _key(required: bool) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None and not required:
        return None
    if key is None or not KEY.fullmatch(key):
        raise DoesNotHold({"Idempotency-Key": _(
            "Send a word of your own for this request, of up to 200 letters, digits and signs.")})
    return key


def _fingerprint() -> str:
    """Of what is asked: method, address and body, whatever the order of its fields."""
    body = json.dumps(request.get_json(silent=True), sort_keys=True)
    return hashlib.sha256("\n".join((request.method, request.full_path, body)).encode()).hexdigest()


def forget_answers(now: datetime) -> int:
    """Delete answers whose keys count no more at `now`, a moment of the wall's clock; how many."""
    over = ApiAnswer.at < now - KEPT
    if db.session.scalar(select(ApiAnswer.id).where(over).limit(1)) is None:
        return 0  # a timer with nothing to do takes no write lock
    with transaction():
        return rows_changed(delete(ApiAnswer).where(over))
