"""Every regular expression of the product: found in its source, judged by its shape, and fed what it would choke on."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from re import _constants as ops
from re import _parser as parser
from typing import Any

from config import ROOT

PRODUCT = ("core", "experience", "fleet", "portal", "reservations")
CALLS = {"compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer"}
REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT}
CATEGORIES = {ops.CATEGORY_DIGIT: "1", ops.CATEGORY_SPACE: " ", ops.CATEGORY_WORD: "a", ops.CATEGORY_NOT_DIGIT: "x",
              ops.CATEGORY_NOT_SPACE: "x", ops.CATEGORY_NOT_WORD: "-"}


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern, what is done with it, and where it stands."""

    pattern: str
    flags: int
    how: frozenset[str]
    where: str

    def run(self, text: str) -> None:
        """Do with the text what the product does."""
        compiled = re.compile(self.pattern, self.flags)
        for how in self.how:
            getattr(compiled, how if how in ("match", "fullmatch", "search") else "findall")(text)


def all_of_them() -> list[Found]:
    """Those written as words; what is put together while it runs is put together of our own words."""
    found, sources = [], {path: path.read_text() for room in PRODUCT for path in sorted((ROOT / room).rglob("*.py"))}
    whole = "\n".join(sources.values())
    for path, source in sources.items():
        tree = ast.parse(source)
        names = {node.value: node.targets[0].id for node in ast.walk(tree) if isinstance(node, ast.Assign)
                 and isinstance(node.targets[0], ast.Name)}
        for node in ast.walk(tree):
            if _is_call(node) and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                said = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
                flags = sum(int(getattr(re, one.attr)) for one in said if isinstance(one, ast.Attribute)
                            and isinstance(one.value, ast.Name) and one.value.id == "re")
                how = {node.func.attr} if node.func.attr != "compile" else set(
                    re.findall(rf"\b{names.get(node, 'no name')}\.({'|'.join(CALLS)})\(", whole)) or {"search"}
                found.append(Found(node.args[0].value, flags, frozenset(how), f"{path.relative_to(ROOT)}:{node.lineno}"))
    return found


def _is_call(node: Any) -> bool:
    return (isinstance(node, ast.Call) and bool(node.args) and isinstance(node.func, ast.Attribute)
            and node.func.attr in CALLS and isinstance(node.func.value, ast.Name) and node.func.value.id == "re")


def nested(pattern: str, flags: int = 0) -> bool:
    """Whether something that repeats without end is nothing but something that repeats without end: `(a+)+`, `(a|a*)*`.

    A body that must also hold a letter that its own repetition cannot be, as `(\\d[ .]*)+`, reads each text in one way.
    """
    return any(_nests(body) for body in _endless(parser.parse(pattern, flags)))


def _endless(tree: Any) -> Iterator[Any]:
    """The bodies of all repetitions without end, the outer ones and those within."""
    for op, given in tree:
        if op in REPEATS:
            if given[1] is ops.MAXREPEAT:
                yield given[2]
            yield from _endless(given[2])
        elif op is ops.SUBPATTERN:
            yield from _endless(given[3])
        elif op is ops.BRANCH:
            for branch in given[1]:
                yield from _endless(branch)
        elif op in (ops.ASSERT, ops.ASSERT_NOT):
            yield from _endless(given[1])


def _nests(body: Any) -> bool:
    parts = list(body)
    for number, (op, given) in enumerate(parts):
        if op is ops.SUBPATTERN and _nests(given[3]):
            return True
        if op is ops.BRANCH and any(_nests(branch) for branch in given[1]):
            return True
        if op in REPEATS and given[1] is ops.MAXREPEAT:
            own = _letters(given[2])
            if not any(_avoids(part, own) for at, part in enumerate(parts) if at != number):
                return True
    return False


def _avoids(part: Any, own: set[str]) -> bool:
    """Whether whatever fits this part holds a letter that is none of these."""
    op, given = part
    if op in (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN):
        return not _letters([part]) & own
    if op is ops.SUBPATTERN:
        return any(_avoids(one, own) for one in given[3])
    if op is ops.BRANCH:
        return all(any(_avoids(one, own) for one in branch) for branch in given[1])
    return op in REPEATS and given[0] > 0 and any(_avoids(one, own) for one in given[2])


def _letters(tree: Any) -> set[str]:
    """Which of the plain letters a part may be made of."""
    probe, plain = set(), [chr(number) for number in range(9, 127)]
    for op, given in tree:
        if op is ops.LITERAL:
            probe.add(chr(given))
        elif op is ops.ANY:
            probe.update(plain)
        elif op is ops.NOT_LITERAL:
            probe.update(set(plain) - {chr(given)})
        elif op is ops.IN:
            probe.update(letter for letter in plain if _in(given, letter))
        elif op in REPEATS:
            probe |= _letters(given[2])
        elif op is ops.SUBPATTERN:
            probe |= _letters(given[3])
        elif op is ops.BRANCH:
            for branch in given[1]:
                probe |= _letters(branch)
    return probe


def _in(items: Any, letter: str) -> bool:
    turned, hit = False, False
    for op, given in items:
        if op is ops.NEGATE:
            turned = True
        elif op is ops.LITERAL:
            hit |= ord(letter) == given
        elif op is ops.RANGE:
            hit |= given[0] <= ord(letter) <= given[1]
        elif op is ops.CATEGORY:
            hit |= bool(re.match({ops.CATEGORY_DIGIT: r"\d", ops.CATEGORY_SPACE: r"\s", ops.CATEGORY_WORD: r"\w",
                                  ops.CATEGORY_NOT_DIGIT: r"\D", ops.CATEGORY_NOT_SPACE: r"\S",
                                  ops.CATEGORY_NOT_WORD: r"\W"}[given], letter))
    return hit != turned


def attacks(pattern: str, flags: int, length: int) -> list[str]:
    """Texts of about this length that almost match: each part of the pattern again and again, and an end that fits nothing."""
    tree = parser.parse(pattern, flags)
    pieces = {_sample(tree), *(_sample(body) for body in _endless(tree)), *(_sample([part]) for part in tree)}
    pieces |= {" ", "a", "1", "-", "."} | {first + second for first in ("a", "1", " ") for second in (" ", ".", "@", "-")}
    start = _sample(tree)[:20]
    return [before + piece * (length // len(piece)) + end for piece in sorted(pieces - {""}) for before in ("", start)
            for end in ("\0", "!\n")]


def _sample(tree: Any) -> str:
    """One text that fits, as short as can be."""
    made = []
    for op, given in tree:
        if op is ops.LITERAL:
            made.append(chr(given))
        elif op in (ops.ANY, ops.NOT_LITERAL):
            made.append("x")
        elif op is ops.IN:
            made.append(next((letter for letter in "a1 x-.,A\"'<>()" if _in(given, letter)), "a"))
        elif op in REPEATS:
            made.append(_sample(given[2]) * max(1, min(given[0], 3)))
        elif op is ops.SUBPATTERN:
            made.append(_sample(given[3]))
        elif op is ops.BRANCH:
            made.append(_sample(given[1][0]))
    return "".join(made)
