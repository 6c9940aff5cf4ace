"""Every word that people read goes through gettext, and every route says which step it is."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from config import ROOT

SAMPLES = "styleguide.html"  # its names, plates and prices are sample data
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.name != SAMPLES)
READ_ALOUD = {"aria-label", "title", "placeholder", "alt"}


class Words(HTMLParser):
    """Collects letters that stand in a page outside of `{{ … }}`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in ("script", "style", "code", "kbd")
        self.found += [value for name, value in attrs if name in READ_ALOUD and value and re.search(r"[^\W\d_]{2}", value)]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("script", "style", "code", "kbd")

    def handle_data(self, data: str) -> None:
        markup = data.strip().startswith("#") or '="' in data  # attributes and anchors that a macro puts together
        if not self._code and not markup and re.search(r"[^\W\d_]{2}", data):
            self.found.append(data.strip())


def bare_words(source: str) -> list[str]:
    """The words of a template that are not in a Jinja expression."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.S)
    source = re.sub(r"\{%-?\s*raw.*?endraw\s*-?%\}", "", source, flags=re.S)
    source = re.sub(r"\{% block (main|body)_class %\}.*?\{% endblock %\}", "", source)  # class names, not words
    source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", source, flags=re.S)
    parser = Words()
    parser.feed(source)
    return parser.found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(Path(path).relative_to(ROOT / "templates")))
def test_no_word_stands_bare_in_a_template(path: Path) -> None:
    assert bare_words(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(Path(path).relative_to(ROOT / "templates")))
def test_whoever_says_the_words_of_a_button_means_its_label_too(path: Path) -> None:
    labelled = re.findall(r"\b(?:button|go)\(_\('([^']+)'\)[^{}]*?aria_label=_\('([^']+)'", path.read_text())  # WCAG 2.5.3
    assert [label for words, label in labelled if words.lower() not in label.lower()] == []


def test_the_check_sees_a_bare_word() -> None:
    assert bare_words("<p>Hello {{ name }}</p>") == ["Hello"]
    assert bare_words('<a aria-label="Open it">{{ x }}</a>') == ["Open it"]
    assert bare_words("<p>{{ _('Hello') }}</p>") == []
