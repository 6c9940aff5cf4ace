"""The document as a page shows it: each route with its fields, its examples and its refusals."""

import json
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a route takes: where it stands, of what kind it is, whether it must be there."""

    name: str
    where: str
    kind: str
    about: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: how it is asked, what is sent and said for example, and every status and code of its refusals."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    fields: list[Field]
    sent: str
    status: str
    said: str
    refusals: list[tuple[str, str]]


def operations_of(document: Document) -> list[Operation]:
    """Every route of the document, in its order."""
    return [_operation(document, path, method, said) for path, methods in document["paths"].items()
            for method, said in methods.items() if method != "parameters"]


def codes_of(operations: list[Operation]) -> list[tuple[str, str]]:
    """Every code with the statuses under which it is said."""
    found: dict[str, set[str]] = {}
    for operation in operations:
        for status, code in operation.refusals:
            found.setdefault(code, set()).add(status)
    return [(code, ", ".join(sorted(statuses))) for code, statuses in sorted(found.items())]


def _operation(document: Document, path: str, method: str, said: Document) -> Operation:
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    parameters = [*document["paths"][path].get("parameters", []), *said.get("parameters", [])]
    status, good = next(((status, one) for status, one in sorted(said["responses"].items()) if status < "300"), ("", {}))
    return Operation(
        anchor=f"{method}-{path.removeprefix('/api/v1/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(), path=path, summary=said.get("summary", ""), description=said.get("description", ""),
        scope=said.get("x-scope", ""),
        fields=[*(_field(one["name"], one["in"], one, one["schema"], one.get("required", False)) for one in parameters),
                *_fields(document, body.get("schema", {}))],
        sent=_written(body.get("example")), status=status,
        said=_written(good.get("content", {}).get("application/json", {}).get("example")),
        refusals=[(number, code) for number, one in sorted(said["responses"].items()) if number >= "400"
                  for code in _codes(one)])


def _fields(document: Document, schema: Document) -> list[Field]:
    whole = document["components"]["schemas"].get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
    needed = whole.get("required", [])
    return [_field(name, "body", one, one, name in needed) for name, one in whole.get("properties", {}).items()]


def _field(name: str, where: str, described: Document, schema: Document, required: bool) -> Field:
    return Field(name, where, _kind(schema), described.get("description", ""), required)


def _kind(schema: Document) -> str:
    if "enum" in schema:
        return ", ".join(str(word) for word in schema["enum"] if word is not None)
    kind = schema.get("type", "object")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return str(schema["format"]) if "format" in schema else str(kind)


def _codes(response: Document) -> list[str]:
    schema = response["content"]["application/problem+json"]["schema"]
    codes: list[str] = schema["allOf"][1]["properties"]["code"]["enum"]
    return codes


def _written(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False) if example is not None else ""
