"""Reads typed text: spelling variants, house numbers, crossings, what to drop from the end."""

import re
import unicodedata
from dataclasses import dataclass

DIRECTIONS = {"n": "north", "s": "south", "e": "east", "w": "west"}
_DIRECTION_OF = {**{long: short for short, long in DIRECTIONS.items()}, **{d: d for d in DIRECTIONS}}
SUFFIXES = {
    "avenue": "ave", "av": "ave", "aven": "ave", "street": "st", "str": "st", "boulevard": "blvd",
    "boul": "blvd", "road": "rd", "drive": "dr", "drv": "dr", "place": "pl", "court": "ct",
    "parkway": "pkwy", "pky": "pkwy", "terrace": "ter", "lane": "ln", "square": "sq",
}  # fmt: skip
_SHORT = {"ave", "st", "blvd", "rd", "dr", "pl", "ct", "pkwy", "ter", "ln"}
_TENS = {"twenti": 20, "thirti": 30, "forti": 40, "fifti": 50, "sixti": 60}
_ORDINALS = [
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth",
]  # fmt: skip
_WORDS = {
    "saint": "st", "mt": "mount", "ctr": "center", "centre": "center", "theater": "theatre",
    "univ": "university", "hosp": "hospital", "sta": "station", "neighborhood": "", "neighbourhood": "",
    "the": "",
    **{word: f"{n}{'st' if n == 1 else 'nd' if n == 2 else 'rd' if n == 3 else 'th'}"
       for n, word in enumerate(_ORDINALS)},
    **{stem[:-1] + "ieth": f"{n}th" for stem, n in _TENS.items()},
}  # fmt: skip
_CITY = re.compile(r"(?:[\s,]+(?:chicago|il|ill|illinois|usa|us|united states(?: of america)?))+$")
_ZIP_AT_END = re.compile(r"[\s,]+(\d{5})(?:-\d{4})?$")
_UNIT = re.compile(r"[\s,]+(?:apt|apartment|unit|suite|ste|floor|fl|rm|room|#)\.?\s*#?[\w-]{1,6}$")
_CROSSING = re.compile(r"\s*(?:&|@|\+|/|\\|\band\b|\bat\b|\bnear\b|\bcorner of\b|\bx\b)\s*")
_LEAD = re.compile(r"^(?:(?:the )?(?:corner|intersection) of|near|by|at|around|close to|in)\s+")
_NUMBER_LAST = re.compile(r"^(?P<street>[^\d]*[a-z]{2,})\s+(?P<number>\d{1,5})(?:\s+(?P<side>[nsew]|north|south|east|west))?$")
_NUMBER = re.compile(r"^(\d{1,5})(?:-\d{1,5})?[a-z]?(?:\s+1/2)?\s+(?=\S)")
_POSITION = re.compile(
    r"^\(?\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*\)?$"
)


@dataclass(frozen=True, slots=True)
class StreetWords:
    """One way to read a street's name: `direction` is n, s, e, w or empty, `suffix` short or empty."""

    direction: str
    base: str
    suffix: str


def plain(text: str) -> str:
    """Return the text in small letters, without accents, quotes and doubled spaces."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    kept = re.sub(r"['’‘`´.]", "", re.sub(r"(?<=\d)\.(?=\d)", "\0", kept)).replace("\0", ".")
    return " ".join(kept.split())


def key(text: str) -> str:
    """Return the form under which names are compared: words only, abbreviations evened out."""
    words = re.findall(r"[a-z0-9]+", plain(text).replace("&", " and "))
    return " ".join(filter(None, (_even(word) for word in words if word != "and")))


def _even(word: str) -> str:
    return _WORDS.get(word, SUFFIXES.get(word, word))


def without_city(text: str) -> tuple[str, str]:
    """Split off "Chicago, IL 60622, USA" from plain text; return what is left and the ZIP, if any."""
    left = _CITY.sub("", text)
    zip_code = ""
    if found := _ZIP_AT_END.search(left):
        zip_code, left = found[1], left[: found.start()]
    return _CITY.sub("", left).strip(" ,"), zip_code


def without_unit(text: str) -> str:
    """Drop a flat, suite or floor from the end."""
    return _UNIT.sub("", text)


def without_lead(text: str) -> str:
    """Drop "near", "corner of" and the like from the front."""
    return _LEAD.sub("", text)


def crossing_parts(text: str) -> tuple[str, str] | None:
    """Return two streets of "Damen & Division" (or of three); None when it does not read as a crossing."""
    parts = [part for part in _CROSSING.split(text) if part.strip()]
    return (parts[0], parts[1]) if 2 <= len(parts) <= 3 else None


def number_and_rest(text: str) -> tuple[int, str] | None:
    """Return the house number and the street, also from "addison 1060 w", as many write it elsewhere."""
    if last := _NUMBER_LAST.match(text):
        return int(last["number"]), f"{last['side'] or ''} {last['street']}".strip()
    found = _NUMBER.match(text)
    return (int(found[1]), text[found.end() :]) if found else None


def position(text: str) -> tuple[float, float] | None:
    """Return latitude and longitude when the text is nothing else."""
    found = _POSITION.match(text)
    return (float(found[1]), float(found[2])) if found and ("." in found[1] or "." in found[2]) else None


def street_readings(text: str) -> list[StreetWords]:
    """Return the ways to read the text as a street, the most specific first.

    "North Avenue" is a street named North, "North Damen Avenue" one named Damen: both readings are given.
    """
    words = key(text).split()
    readings = []
    for direction, rest in _directions(words):
        if len(rest) > 1 and rest[-1] in _SHORT:
            readings.append(StreetWords(direction, " ".join(rest[:-1]), rest[-1]))
        if rest:
            readings.append(StreetWords(direction, " ".join(rest), ""))
    return [StreetWords(r.direction, _full(r.base), r.suffix) for r in readings]


def _directions(words: list[str]) -> list[tuple[str, list[str]]]:
    if len(words) > 1 and words[0] in _DIRECTION_OF:
        return [(_DIRECTION_OF[words[0]], words[1:]), ("", words)]
    if len(words) > 1 and words[-1] in _DIRECTION_OF:
        return [("", words), (_DIRECTION_OF[words[-1]], words[:-1])]
    return [("", words)]


def _full(base: str) -> str:
    first, *rest = base.split()
    return " ".join([DIRECTIONS.get(first, first), *rest])
