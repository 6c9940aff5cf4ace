"""A mail that came in: whose it is, what is new in it, and where it belongs. Reads only; `take_mail` writes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from enum import StrEnum
from hashlib import sha256
from html.parser import HTMLParser

from mailparser_reply import EmailReplyParser

LARGEST = 2_000_000  # bytes of a mail; what is attached is not kept anyway
READ = 6_000  # letters of its text that are looked at: quotes follow what was written, and the library slows with length
MOST_RESULTS = 8_000  # letters of what our mail server found; none writes as many, and comments within comments take long
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_replies = EmailReplyParser(languages=["en"])


class NoMail(ValueError):
    """What was given is no mail, or too large to be one."""


class Proof(StrEnum):
    """What our own mail server found out about who sent it (RFC 8601, DMARC); nobody else's word counts."""

    PASSED = "passed"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is kept of a mail. `automatic`: no person wrote it, so nobody is to be answered. `proof`: whether its sender
    is who it says.
    """

    key: str
    sender: str
    addresses: tuple[str, ...]
    subject: str
    words: str
    attachments: int
    automatic: bool
    proof: Proof


def read_mail(raw: bytes, checked_by: str = "") -> Incoming:
    """Read a mail in the form of RFC 5322. `checked_by` is the name under which our own mail server writes what it found
    out about senders. Raises NoMail.
    """
    if not raw.strip() or len(raw) > LARGEST:
        raise NoMail(f"a mail has 1 to {LARGEST} bytes")
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(mail, EmailMessage)  # that is what this policy makes
    senders = getaddresses([str(mail.get("From", ""))])
    if not senders or "@" not in senders[0][1]:
        raise NoMail("a mail says who sent it")
    return Incoming(
        key=sha256(str(mail["Message-ID"]).strip().encode() if mail["Message-ID"] else raw).hexdigest(),
        sender=senders[0][1].strip().lower()[:254],
        addresses=tuple(address for _name, address in getaddresses(
            [str(value) for name in ADDRESSED for value in mail.get_all(name, [])])),
        subject=" ".join(str(mail.get("Subject", "")).split())[:200], words=what_is_new(_text_of(mail)),
        attachments=sum(1 for _part in mail.iter_attachments()), automatic=_is_automatic(mail),
        proof=_proof(mail, [address.lower() for _name, address in senders], checked_by))


def what_is_new(text: str) -> str:
    """The words without what they quote: the text above the quote, or, where somebody wrote between or below it, every
    line that is not quoted.
    """
    text = re.sub(r"\n{3,}", "\n\n", text.replace("\r\n", "\n").replace("\0", "")).strip()[:READ]
    above = _without_quoted_tail((_replies.parse_reply(text) or "").split("\n"))
    if above and not above.startswith(">"):
        return above
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">")).strip()


def _without_quoted_tail(lines: list[str]) -> str:
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines = lines[:-1]
    return "\n".join(lines).strip()


def _text_of(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    except (LookupError, UnicodeError, AttributeError):  # a character set that nobody knows
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return _plain(content) if part.get_content_subtype() == "html" else content


def _proof(mail: EmailMessage, senders: list[str], checked_by: str) -> Proof:
    """Only the topmost results count, and only our own server's: everything below them came with the mail."""
    results = mail.get_all("Authentication-Results", [])
    if not checked_by or not results:
        return Proof.NONE
    if len(str(results[0])) > MOST_RESULTS:
        return Proof.FAILED
    server, _, told = _without_what_others_said(str(results[0])).partition(";")
    if server.split()[:1] != [checked_by]:
        return Proof.NONE
    found = re.findall(r"(?:^|;)\s*dmarc\s*=\s*([a-z]+)([^;]*)", told.lower())
    if any(verdict == "fail" for verdict, _about in found):
        return Proof.FAILED
    about = re.search(r"header\.from\s*=\s*([^\s;]+)", found[0][1]) if len(found) == 1 and found[0][0] == "pass" else None
    return Proof.PASSED if about and len(senders) == 1 and about[1] == senders[0].rpartition("@")[2] else Proof.NONE


def _without_what_others_said(results: str) -> str:
    """The results without quoted strings and comments, nested ones too: a sender may have written what is in them."""
    results = re.sub(r'"(?:\\.|[^"\\])*"', "", results)
    while (shorter := re.sub(r"\((?:\\.|[^()\\])*\)", "", results)) != results:
        results = shorter
    return results


def _is_automatic(mail: EmailMessage) -> bool:
    said = str(mail.get("Auto-Submitted", "no")).strip().lower()
    return (said != "no" or str(mail.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply")
            or str(mail.get("Return-Path", "")).strip() == "<>" or mail.get("List-Id") is not None)


class _Plain(HTMLParser):
    """The words of a page, with a line for each of its blocks, and its quotes marked as such."""

    BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "blockquote"})
    SILENT = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self._silent = self._quoted = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in self.SILENT
        self._quoted += tag == "blockquote"
        if tag in self.BLOCKS:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self.SILENT
        if tag in self.BLOCKS:
            self.lines.append("")
        self._quoted -= tag == "blockquote"

    def handle_data(self, data: str) -> None:
        if self._silent > 0 or not data.strip():
            return
        if not self.lines[-1] and self._quoted > 0:
            self.lines[-1] = "> "
        self.lines[-1] += " ".join(data.split()) + " "


def _plain(html: str) -> str:
    parser = _Plain()
    parser.feed(html[:200_000])
    return "\n".join(_stripped(parser.lines))


def _stripped(lines: Iterable[str]) -> Iterable[str]:
    return (line.strip() for line in lines)
