"""What import contracts cannot say: the demo may know the words of the tables, never the tables themselves."""

import ast
import importlib
from enum import Enum
from pathlib import Path

import pytest

from config import ROOT

ALLOWED_OF_DATABASE = {"transaction", "after_end", "before_commit", "in_transaction"}


def imported(path: Path) -> list[tuple[str, str]]:
    """Every name that a file imports from a module, as (module, name)."""
    return [(node.module or "", alias.name) for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) for alias in node.names]


@pytest.mark.parametrize("path", sorted((ROOT / "demo").glob("*.py")), ids=lambda path: path.name)
def test_the_demo_touches_no_table(path: Path) -> None:
    for module, name in imported(path):
        if module == "core.database":
            assert name in ALLOWED_OF_DATABASE, f"{path.name} imports {name} of {module}"
        if module.endswith(".models"):
            found = getattr(importlib.import_module(module), name)
            word = (isinstance(found, type) and issubclass(found, Enum)) or isinstance(found, tuple | frozenset)
            annotation = path.read_text().count(f"{name}(") == 0 and f"select({name}" not in path.read_text()
            assert word or annotation, f"{path.name} makes or reads {name} of {module} itself"
