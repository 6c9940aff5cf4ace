"""Where a visit came from, noted on its first page: the campaign it names or the domain that led to it, nothing of a person."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, session

from portal.web.page import page_facts

PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")  # a name; an address of a person has an @ and is none
UTM = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign"}


def install(app: Flask) -> None:
    """Look at the first page of each visit."""
    app.before_request(_note_arrival)


def _note_arrival() -> None:
    """Stamp it on the page's view, once a visit: the first touch counts."""
    declared = g.get("declared")
    if declared is None or declared.step is None or request.method != "GET" or "arrived" in session:
        return
    session["arrived"] = 1
    facts = source_of(request.args, request.referrer, frozenset(current_app.config["SERVER_NAMES"]))
    if facts:
        page_facts(**facts)


def source_of(args: Mapping[str, str], referrer: str | None, ours: frozenset[str]) -> dict[str, str]:
    """The campaign's names, or the referring domain; only what is a plain name."""
    named = {fact: _plain(args.get(name)) for name, fact in UTM.items()}
    found = {fact: name for fact, name in named.items() if name}
    if "source" in found:
        return found
    host = _plain(_host(referrer))
    return {"source": host} if host and host not in ours else {}


def _host(referrer: str | None) -> str | None:
    try:
        return urlsplit(referrer or "").hostname
    except ValueError:  # what calls itself an address and is none
        return None


def _plain(name: str | None) -> str:
    lower = (name or "").strip().lower().removeprefix("www.")
    return lower if PLAIN.fullmatch(lower) else ""
