"""A check that a column is one of a closed list, written out so that a migration can stand for itself."""

from collections.abc import Iterable


def one_of(column: str, values: Iterable[str], *, or_none: bool = False) -> str:
    known = f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
    return f"{column} IS NULL OR {known}" if or_none else known
