"""The addresses in what we wrote, for pages: ours become links with words, others stay as they are."""

import re

from flask import current_app
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

WORDS = (  # by how the path begins, the longest first
    ("/account/promises", _l("Our promises to you")), ("/account/payments", _l("Your cards and payments")),
    ("/account/notices/", _l("See the cost and answer")), ("/inbox/conversations/", _l("Open the conversation")),
    ("/inbox/", _l("Open the message")), ("/help/suggestions", _l("See the suggestions")),
    ("/help/contact", _l("Ask us")), ("/help", _l("Ask us")), ("/you-said", _l("You said, we did")),
    ("/waitlist/", _l("See what is held for you")), ("/series/", _l("See the bookings")),
    ("/asks/", _l("Answer")), ("/trips/", _l("See the trip")),
)


def linked(words: str) -> Markup:
    """The words, safe for a page; an address of this site leads to its page on whichever host one is."""
    ours = re.compile(re.escape(current_app.config["SITE_URL"]) + r"(?P<path>/[^\s<>\"]*)?(?![\w.:@-])")
    said, end = Markup(""), 0
    for found in ours.finditer(words):
        path = (found["path"] or "/").rstrip(".,;:!?)")
        said += words[end:found.start()] + Markup('<a href="{}">{}</a>').format(path, _leads_to(path))
        end = found.start("path") + len(path) if found["path"] else found.end()
    return said + escape(words[end:])


def _leads_to(path: str) -> str:
    return str(next((label for begins, label in WORDS if path.startswith(begins)), _l("Open the page")))
