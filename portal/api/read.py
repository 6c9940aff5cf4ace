"""Reading what machines send: JSON, and nothing beside what is written down; every fault is named at once."""

import json
from typing import Any

from flask import Request, g, request
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError
from webargs import missing
from webargs.flaskparser import FlaskParser

from portal.api.errors import DoesNotHold, NotJson, UnreadableJson
from portal.web.page import stopped_by_fields


class Reader(FlaskParser):
    """Webargs with our words."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE, "headers": EXCLUDE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body; none at all is an empty one. Raises NotJson or UnreadableJson."""
        sent = req.get_data(cache=True)
        if not sent and not req.content_length:
            return missing
        if req.mimetype != "application/json":
            raise NotJson()
        try:
            said = json.loads(sent)
            _check_text(said)
        except (ValueError, RecursionError) as error:
            raise UnreadableJson() from error
        return said

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, *, error_status_code: int | None,
                     error_headers: Any) -> Any:
        faults = dict(_faults(next(iter(error.normalized_messages().values()))))
        if request.method != "GET" and g.declared.step is not None:
            known = {field.data_key or name for name, field in schema.fields.items()}
            stopped_by_fields(sorted({name.split(".")[0] if name.split(".")[0] in known else "form" for name in faults}))
        raise DoesNotHold(faults) from error


def _faults(messages: Any, path: str = "") -> list[tuple[str, str]]:
    """Each field with what is wrong with it: `start`, `marks.0.view`."""
    if not isinstance(messages, dict):
        return [(path or "body", " ".join(str(message) for message in messages))]
    return [fault for name, inner in messages.items()
            for fault in _faults(inner, "body" if name == "_schema" else f"{path}.{name}".strip("."))]


def _check_text(said: Any) -> None:
    """Raise ValueError for text that no database keeps: a NUL, or half of a character."""
    if isinstance(said, str):
        said.encode()
        if "\0" in said:
            raise ValueError("NUL")
    elif isinstance(said, dict):
        for name, value in said.items():
            _check_text(name)
            _check_text(value)
    elif isinstance(said, list):
        for value in said:
            _check_text(value)
    elif isinstance(said, float) and said != said:  # NaN, which JSON does not know
        raise ValueError("NaN")
