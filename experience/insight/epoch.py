"""An instant as milliseconds since 1970, in each database's own words: cheap to fetch by the hundred thousand."""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class epoch_ms(GenericFunction[int]):
    """Whole milliseconds since 1970 of an instant."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch_ms)
def _elsewhere(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(ROUND(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)}) * 1000) AS BIGINT)"


@compiles(epoch_ms, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(ROUND((julianday({compiler.process(element.clauses, **kw)}) - 2440587.5) * 86400000) AS INTEGER)"
