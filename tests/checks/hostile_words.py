"""What somebody might type to have a page run it, in every column that keeps what people type."""

import json
import re
from itertools import product

from sqlalchemy import ColumnElement, String, Table, cast, literal, update
from sqlalchemy.exc import DBAPIError

from core.database import db
from core.sealed import Seal
from tests.checks.doors import Markup

SUM, ITS_ANSWER = "{{31337*3}}${31337*3}<%= 31337*3 %>", "94011"  # a template that is run shows this
MARK = re.compile(r"zz(\w+\.\w+)zz")  # the column that a page shows
_ACTS = ("alert(1)", "alert`1`", "confirm(1)", "prompt(1)", "top.alert(1)")
_FORMS = (
    "<script>{0}</script>", "<img src=x onerror={0}>", "<svg onload={0}>", "<svg/onload={0}>", "<body onload={0}>",
    "<iframe src=javascript:{0}>", "<iframe srcdoc='<script>{0}</script>'>", "<details open ontoggle={0}>x</details>",
    "<input autofocus onfocus={0}>", "<a href=javascript:{0}>x</a>", "<a href='jav&#x09;ascript:{0}'>x</a>",
    "<math><mi xlink:href='javascript:{0}'>x</mi></math>", "<object data=javascript:{0}>", "<embed src=javascript:{0}>",
    "<meta http-equiv=refresh content='0;url=javascript:{0}'>", "<base href='javascript:{0}//'>",
    "<form action=javascript:{0}><button>x</button></form>", "<style>@import 'javascript:{0}'</style>",
    "<marquee onstart={0}>x</marquee>", "<video><source onerror={0}></video>",
)
_BREAKS = ("{0}", "\">{0}", "'>{0}", "</title></textarea></script>{0}", "-->{0}<!--", "\" onmouseover=\"{0}", "' onclick='{0}",
           "]]>{0}")
PAYLOADS = [end.format(form.format(act)) for (end, form), act in zip(product(_BREAKS, _FORMS), _ACTS * 100, strict=False)]
PAYLOADS += [f"javascript:{act}//{number}" for number, act in enumerate(_ACTS * 8)]
RUNS = {"iframe", "object", "embed", "base", "math", "marquee", "style", "frame", "applet"}  # none of our pages has any
GOES = ("href", "src", "action", "formaction", "xlink:href", "data", "srcdoc")

# Text columns that nobody types into: codes, keys, hashes, and what the outside calls things.
_CODES = """about access account_hash act action actor after app_version auth author back_to before begins benefit brand
    call_state calling car_class cause cause_code channel city classes code code_hash colour consent_version country cover
    credential credit_account currency customer dataschema debit_account decided_by_rule declined_why device_hash email
    email_sealed ended_by endpoint error_code experiment features file_key fingerprint from_plan fuel handle hash heard hope
    journey_id key kind last_error last_four level licence_from locale location looked_for made_by means measure metric mood
    new_email number_digest object object_id object_kind old_email once origin outcome p256dh page paid_by paint password_hash
    payment_id phase phone phone_sealed pin_sealed place_hash plan plans previous_hash processor_id provider_id public_key
    published purpose reference region retake rule scopes secret_hash secret_sealed session_id severity sha256 shown_by side
    slug solicitation source stage stamp state status step tag terms_version thread timezone to_plan token_hash trace_id type
    unit url verdict view vin visitor_hash waiver wanted what wish zone"""
CODES = frozenset(_CODES.split())


def typed_columns() -> list[tuple[Table, str]]:
    """The columns that keep what somebody typed; a new one is among them until it is named above."""
    return [(table, column.key) for table in db.metadata.sorted_tables for column in table.columns
            if isinstance(column.type, String) and not column.primary_key and not column.foreign_keys
            and column.key not in CODES and table.name not in ("events", "browser_events", "quarantined_events", "audit")]


def each_its_own(table: Table, name: str, rest: str) -> ColumnElement[str]:
    """What marks a column, in each row; with the number of the person where the rows are people."""
    whose = cast(table.columns["id"], String) if table.name == "users" else literal("")
    return literal(f"zz{name}") + whose + literal(f"zz{rest}")


def plant(payload_at: int, seal: Seal) -> int:
    """Put a payload and its column's name into every row of every such column; how many columns took it.

    The database itself refuses some: what never changes, what a CHECK holds to a list.
    """
    taken = 0
    for number, (table, column) in enumerate(typed_columns()):
        name, hostile = f"{table.name}.{column}", f" {PAYLOADS[(payload_at + number) % len(PAYLOADS)]} {SUM}"
        sealed = column.endswith("_sealed")
        value = seal.close(f"zz{name}zz{hostile}") if sealed else each_its_own(table, name, hostile)
        try:
            with db.engine.connect() as connection:
                connection.execute(update(table).values({column: value}))
        except DBAPIError:
            continue
        taken += 1
    return taken


def would_run(page: str) -> list[str]:
    """What of a page a browser would run though none of our templates wrote it."""
    found = []
    for tag, given in Markup(page).tags:
        said = json.dumps(given)[:200]
        if tag in RUNS or any(name.startswith("on") or name == "style" for name in given):
            found.append(f"<{tag} {said}>")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            found.append(f"<{tag} {said}>")
        if tag == "meta" and "refresh" in given.get("http-equiv", "").lower() and "javascript" in given.get("content", ""):
            found.append(f"<{tag} {said}>")
        for name in GOES:
            where = re.sub(r"[\s\x00-\x1f]", "", given.get(name, "")).lower()
            if where.startswith(("javascript:", "vbscript:", "data:text")):
                found.append(f"<{tag} {said}>")
    return found
