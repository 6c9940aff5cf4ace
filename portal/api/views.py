"""The document itself, the page that shows it to people, and how the API hangs in the app."""

import json
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFProtect

from portal.api import account, cars, changing, driving, reservations, words
from portal.api.docs import codes_of, operations_of
from portal.api.document import document_of
from portal.api.door import machine, open_door
from portal.web.page import ANYONE, page

DOORS = (cars.bp, reservations.bp, changing.bp, driving.bp, account.bp)
bp = PlainBlueprint("api", __name__)


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Hang every route in, and write the document down once."""
    app.extensions["token_door"] = open_door
    app.extensions["machine_words"] = (words.SAYS, words.NEXT)
    document = document_of(app)
    for door in DOORS:
        document.register_blueprint(door)
        csrf.exempt(door)  # no cookie counts here, so nobody's browser can be made to ask
    app.register_blueprint(bp)
    app.extensions["api_document"] = document.spec.to_dict()


@bp.get("/api/v1/openapi.json")
@machine(scope=None, exempt="the description of the API, which is on nobody’s journey")
def openapi() -> Response:
    """The document (OpenAPI 3.1), for programs that write programs."""
    made = Response(json.dumps(current_app.extensions["api_document"], ensure_ascii=False), mimetype="application/json")
    made.add_etag()
    return made.make_conditional(request)  # type: ignore[return-value]  # it answers itself


@bp.get("/api/docs")
@page(who=ANYONE, exempt="read by whoever writes a program; nobody is on a journey here")
def docs() -> Any:
    """The same for people: every route, what it takes, what it answers and how it says no."""
    document = current_app.extensions["api_document"]
    operations = operations_of(document)
    return render_template("portal/api/docs.html", document=document, operations=operations, codes=codes_of(operations))
