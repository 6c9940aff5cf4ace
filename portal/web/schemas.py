"""`GET /schemas/<step>/<version>`: what the events of a step look like, at the address that each event names."""

from typing import Any

from flask import Blueprint, Response, json

from core.refusal import NotFound
from experience.record.registry import UnknownType, schema_of
from portal.web.page import ANYONE, page

bp = Blueprint("schemas", __name__)


@bp.get("/schemas/<name>/<int(max=9999):version>")
@page(who=ANYONE, exempt="read by machines that read exported events; nobody is on a journey here")
def schema(name: str, version: int) -> Any:
    """The JSON Schema. Raises NotFound for a type or a version that was never registered."""
    try:
        found = schema_of(name, version)
    except UnknownType as unknown:
        raise NotFound(schema=name) from unknown
    return Response(json.dumps(found), mimetype="application/schema+json")
