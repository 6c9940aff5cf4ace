"""Numbers of driving licences: how they are written, and what those of each state look like."""

import re

# As the states publish them: L a letter, d a digit, {least,most} how many. What does not fit is looked at by a person, never
# refused: states change their forms. Canada's provinces and states that take anything are not in it.
FORMS = {
    "AL": "d{1,8}", "AK": "d{1,7}", "AZ": "Ld{8}|d{9}", "AR": "d{4,9}", "CA": "Ld{7}", "CO": "d{9}|Ld{3,6}|L{2}d{2,5}",
    "CT": "d{9}", "DE": "d{1,7}", "DC": "d{7}|d{9}", "FL": "Ld{12}", "GA": "d{7,9}", "HI": "Ld{8}|d{9}",
    "ID": "L{2}d{6}L|d{9}", "IL": "Ld{11,12}", "IN": "Ld{9}|d{9,10}", "IA": "d{9}|d{3}L{2}d{4}",
    "KS": "LdLdL|Ld{8}|d{9}", "KY": "Ld{8,9}|d{9}", "LA": "d{1,9}", "ME": "d{7,8}|d{7}L", "MD": "Ld{12}",
    "MA": "Ld{8}|L{2}d{7}|d{9}", "MI": "Ld{10}|Ld{12}", "MN": "Ld{12}", "MS": "d{9}",
    "MO": "Ld{5,9}|Ld{6}L|d{8}L{2}|d{9}L?", "MT": "d{9}|d{13,14}", "NE": "Ld{6,8}", "NV": "d{9,10}|d{12}|Ld{8}",
    "NH": "d{2}L{3}d{5}|L{3}d{8}", "NJ": "Ld{14}", "NM": "d{8,9}", "NY": "Ld{7}|Ld{18}|d{8,9}|d{16}|L{8}", "NC": "d{1,12}",
    "ND": "L{3}d{6}|d{9}", "OH": "Ld{4,8}|L{2}d{3,7}|d{8}", "OK": "Ld{9}|d{9}", "OR": "d{1,9}|Ld{6}|L{2}d{5}", "PA": "d{8}",
    "RI": "d{7}|Ld{6}", "SC": "d{5,11}", "SD": "d{6,10}|d{12}", "TN": "d{7,9}", "TX": "d{7,8}", "UT": "d{4,10}",
    "VT": "d{8}|d{7}L", "VA": "Ld{8,11}|d{9}", "WV": "d{7}|L{1,2}d{5,6}", "WI": "Ld{13}", "WY": "d{9,10}",
}
_FORMS = {state: re.compile(form.replace("L", "[A-Z]").replace("d", "[0-9]")) for state, form in FORMS.items()}
BETWEEN = re.compile(r"[\s./-]+")


def plain_number(typed: str) -> str:
    """A number as it is compared: capitals and digits, nothing between."""
    return BETWEEN.sub("", typed).upper()


def looks_right(country: str, region: str, number: str) -> bool:
    """Whether a plain number looks like one of that place, as far as we know how those look."""
    form = _FORMS.get(region) if country == "US" else None
    return form is None or form.fullmatch(number) is not None
