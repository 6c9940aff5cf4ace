"""In which words something is asked: the newest version in a language, the delivered ones being the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from core.database import db, take_turns, transaction
from core.refusal import NotFound, Refusal
from experience.asks.models import AskWording
from experience.asks.scale import SCALES
from experience.asks.solicitations import SOLICITATIONS, Solicitation

DELIVERED = 1
MOST_LETTERS, MOST_IN_LABEL, MOST_IN_BODY = 160, 40, 4000


class BadWording(Refusal):
    code, status = "bad_wording", 422
    says = _l("A question is 5 to 160 letters long, and the ends of its scale need words of at most 40.")
    remedy = _l("Put it right and look at the preview again. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Wording:
    """A question, the words of each value of its scale (empty: only the number), and which version that is. Of news: their
    headline and what they say below it."""

    question: str
    labels: tuple[str, ...]
    version: int
    body: str = ""


def wording_of(solicitation: str, locale: str, now: datetime) -> Wording:
    """The words in force. Raises NotFound for a solicitation that is not declared."""
    what = declared(solicitation)
    row = db.session.scalars(
        select(AskWording).where(AskWording.solicitation == solicitation, AskWording.locale == locale,
                                 AskWording.written_at <= now).order_by(AskWording.version.desc()).limit(1)).first()
    return _of_row(row) if row else delivered(what, locale)


def wording_in(solicitation: str, locale: str, version: int) -> Wording:
    """The words of one version. Raises NotFound."""
    what = declared(solicitation)
    if version == DELIVERED:
        return delivered(what, locale)
    row = db.session.scalar(select(AskWording).where(
        AskWording.solicitation == solicitation, AskWording.locale == locale, AskWording.version == version))
    if row is None:
        raise NotFound(solicitation=solicitation)
    return _of_row(row)


def _of_row(row: AskWording) -> Wording:
    return Wording(row.question, tuple(row.labels), row.version, row.body or "")


def delivered(what: Solicitation, locale: str) -> Wording:
    """Version 1, as it came with the program."""
    with force_locale(locale):
        return Wording(str(what.question), tuple(str(label) for label in what.labels), DELIVERED, str(what.body))


def declared(solicitation: str) -> Solicitation:
    """The solicitation by its key. Raises NotFound."""
    if solicitation not in SOLICITATIONS:
        raise NotFound(solicitation=solicitation)
    return SOLICITATIONS[solicitation]


def checked(what: Solicitation, question: str, labels: Sequence[str], body: str = "") -> Wording:
    """Words that can be used, with their version still open (0). Raises BadWording."""
    if what.news is not bool(body.strip()) or len(body) > MOST_IN_BODY:
        raise BadWording()
    question, labels = " ".join(question.split()), tuple(" ".join(label.split()) for label in labels)
    size = len(SCALES[what.metric].values) if what.metric else 0
    ends_said = not size or (bool(labels[0]) and bool(labels[-1])) if len(labels) == size else False
    if not 5 <= len(question) <= MOST_LETTERS or not ends_said or any(len(label) > MOST_IN_LABEL for label in labels):
        raise BadWording()
    return Wording(question, labels, 0, body.strip())


def write_wording(*, solicitation: str, locale: str, question: str, labels: Sequence[str], by_user_id: int, now: datetime,
                  body: str = "") -> AskWording:
    """Ask in new words from now on; answers keep the version they were given to. Raises NotFound and BadWording."""
    words = checked(declared(solicitation), question, labels, body)
    with transaction():
        take_turns(f"words of {solicitation} {locale}")
        newest = db.session.scalar(select(func.max(AskWording.version)).where(
            AskWording.solicitation == solicitation, AskWording.locale == locale))
        row = AskWording(solicitation=solicitation, locale=locale, version=(newest or DELIVERED) + 1, question=words.question,
                         labels=list(words.labels), body=words.body or None, by_user_id=by_user_id, written_at=now)
        db.session.add(row)
        db.session.flush()
    return row


def versions_of(solicitation: str, locale: str) -> list[AskWording]:
    """Every version that was written, newest first."""
    return list(db.session.scalars(select(AskWording).where(
        AskWording.solicitation == solicitation, AskWording.locale == locale).order_by(AskWording.version.desc())))
