"""The words of each language: flask-babel asks for its catalogue with every word, hundreds of times for a page."""

from typing import Any

from babel import Locale
from flask import Flask
from flask_babel import Babel, Domain, get_locale


class Words(Domain):
    """Finds a language's catalogue by the language itself; the library writes out its name to look it up."""

    def __init__(self) -> None:
        super().__init__()
        self._catalogues: dict[Locale | None, Any] = {}

    def get_translations(self) -> Any:
        locale = get_locale()
        if locale not in self._catalogues:
            self._catalogues[locale] = super().get_translations()
        return self._catalogues[locale]


def install(app: Flask) -> None:
    """Let everything that is said go through it, in the one language that there is."""
    locale = Locale.parse(app.config["BABEL_DEFAULT_LOCALE"])  # once, so that what is kept of it is found at a glance
    Babel(app, locale_selector=lambda: locale).domain_instance = Words()
