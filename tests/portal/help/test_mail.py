"""Answers by mail: into their conversation when they are from whom it is with, once, without what they quote."""

import os

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.database import db
from core.ids import random_id
from portal.help.door import Door
from portal.help.mail_in import NoMail, read_mail, what_is_new
from portal.help.models import Conversation, Entry, IncomingMail, Status
from portal.help.solve import solve
from portal.help.take_mail import take_mail
from tests.portal.help.made import LEILA, by_mail
from tests.reservations.pages import browser_of

GMAIL = ("Not there either.\n\nOn Tue, Nov 24, 2026 at 12:00 PM Roundtrip <help@roundtrip.example> wrote:\n\n"
         "> In the trunk.\n> Ana\n")
OUTLOOK = ("Not there either.\n\nFrom: Roundtrip <hello@roundtrip.example>\nSent: Tuesday\nTo: Bo\nSubject: We answered\n\n"
           "In the trunk.\n")
APPLE = ("Not there either.\n\n> On Nov 24, 2026, at 12:00, Roundtrip <hello@roundtrip.example> wrote:\n> \n"
         "> In the trunk.\n")
BELOW = "> In the trunk.\n\nNot there either.\n"


OURS = "mx.roundtrip.example"
PASS = "mx.roundtrip.example; spf=pass smtp.mailfrom=example.com; dmarc=pass (p=reject) header.from=example.com"


def _take(desk, raw: bytes) -> IncomingMail:
    return take_mail(mail=read_mail(raw, OURS), door=desk.door, seal=desk.seal, now=desk.clock())


@pytest.mark.parametrize("text", [GMAIL, OUTLOOK, APPLE, BELOW, "Not there either."])
def test_only_what_is_new_in_a_mail_is_kept(text):
    assert what_is_new(text) == "Not there either."


def test_a_signature_that_says_thanks_stays():
    assert what_is_new("It works now.\n\nThanks,\nBo") == "It works now.\n\nThanks,\nBo"


def test_an_answer_by_mail_goes_into_its_conversation_once(desk, people):
    bo = people.member()
    asked = desk.asked(bo)
    desk.answered(asked)
    address = str(desk.letters()[-1]["Reply-To"])
    raw = by_mail(address.upper(), GMAIL, sender=f"Bo <{bo.user.email.upper()}>", message_id="<one@mail.example>")
    assert (_take(desk, raw).why, _take(desk, raw).why) == ("reply", "reply")
    said = desk.said(asked)
    assert [(each.words, each.by_mail) for each in said][-1] == ("Not there either.", True)
    assert len(said) == 3
    assert desk.again(asked).status == Status.OPEN


def test_an_answer_by_mail_opens_what_was_solved(desk, people):
    bo = people.member()
    asked = desk.asked(bo)
    solve(conversation_id=asked.id, by_user_id=desk.ana.id, now=desk.clock())
    _take(desk, by_mail(desk.door.mail_address(asked.id), "Again!", sender=bo.user.email))
    assert (desk.again(asked).status, desk.again(asked).reopened) == (Status.OPEN, 1)


@pytest.mark.parametrize(("sender", "why"), [("mallory@example.net", "other_sender"), (LEILA, "other_sender")])
def test_a_signed_address_alone_opens_no_conversation(desk, people, sender, why):
    asked = desk.asked(people.member())
    kept = _take(desk, by_mail(desk.door.mail_address(asked.id), "Let me in", sender=sender))
    assert (kept.state, kept.why, len(desk.said(asked))) == ("quarantined", why, 1)
    letter = desk.letters()[-1]
    assert (letter["To"], letter["Auto-Submitted"]) == (sender, "auto-replied")
    assert "Let me in" not in letter.get_content()
    assert sender not in kept.from_sealed


def test_a_strangers_mails_are_answered_once_a_day_and_with_none_of_their_words(desk):
    def bounces() -> list[str]:
        return [str(each["Subject"]) + each.get_content() for each in desk.letters() if each["To"] == "victim@example.net"]

    for subject in ("Buy pills", "Buy more pills"):
        raw = by_mail("help@roundtrip.example", "pills.example", sender="Victim@example.net", subject=subject)
        assert _take(desk, raw).why == "unknown_sender"
    (said,) = bounces()
    assert "pills" not in said.lower()
    desk.clock.forward(days=1)
    _take(desk, by_mail("help@roundtrip.example", "pills.example", sender="victim@example.net"))
    assert len(bounces()) == 2


def test_a_members_first_mail_begins_a_conversation_when_our_server_proves_its_sender(desk, people):
    bo = people.member()
    raw = by_mail("help@roundtrip.example", "Can I bring a dog?", sender=bo.user.email, subject="A dog",
                  Authentication_Results=PASS)
    assert _take(desk, raw).why == "first"
    begun = db.session.scalars(select(Conversation)).one()
    assert (begun.member_id, desk.said(begun)[0].words) == (bo.id, "A dog\n\nCan I bring a dog?")


def test_a_strangers_first_mail_is_shown_the_page(desk):
    assert _take(desk, by_mail("help@roundtrip.example", "Buy pills", sender="spam@example.net")).why == "unknown_sender"
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 0


def test_a_mail_in_a_members_name_without_proof_is_an_unproven_senders_and_told_nothing(site, clock, desk, people):
    bo = people.member("Bo Lindqvist")
    theirs = desk.asked(bo, "My own question")
    raw = by_mail("help@roundtrip.example", "What is on my account?", sender=bo.user.email, subject="Hello")
    assert _take(desk, raw).why == "unproven"
    begun = db.session.scalars(select(Conversation).where(Conversation.id != theirs.id)).one()
    assert (begun.member_id, len(desk.said(theirs))) == (None, 1)
    page = browser_of(site, desk.ana, clock).get(f"/office/help/{begun.id}").text
    assert "The sender is not proven." in page
    assert "Lindqvist" not in page
    desk.answered(begun, "Please write from your inbox.")
    for letter in desk.letters():
        assert "Lindqvist" not in letter.get_content()
    assert str(begun.id) not in browser_of(site, bo.user, clock).get("/inbox").text
    for number in range(3):
        last = _take(desk, by_mail("help@roundtrip.example", f"Again {number}", sender=bo.user.email))
    assert last.why == "too_many"


@pytest.mark.one_database
@pytest.mark.parametrize("results", [
    "mx.elsewhere.example; dmarc=pass header.from=example.com",  # another server's word
    "mx.roundtrip.example; dmarc=pass header.from=evil.example",  # about another domain
    "mx.roundtrip.example; dmarc=none header.from=example.com",
    "mx.roundtrip.example; spf=pass (dmarc=pass header.from=example.com) smtp.mailfrom=evil.example",
    'mx.roundtrip.example; spf=pass smtp.mailfrom="a\\" ; dmarc=pass header.from=example.com ; x=\\""@evil.com; dmarc=none',
    "mx.roundtrip.example; spf=pass (helo (x); dmarc=pass header.from=example.com ; y=) smtp.mailfrom=evil.example",
    "mx.roundtrip.example; dmarc=pass header.from=example.com; dmarc=pass header.from=example.com",
    "mx.roundtrip.example; none"])
def test_only_our_own_servers_word_about_this_very_sender_is_proof(desk, people, results):
    raw = by_mail("help@roundtrip.example", "It is me", sender=people.member().user.email, Authentication_Results=results)
    assert _take(desk, raw).why == "unproven"
    assert read_mail(raw).proof == "none"


@pytest.mark.one_database
def test_a_verdict_that_a_sender_wrote_into_our_servers_line_hides_no_failure(desk, people):
    results = ('mx.roundtrip.example; spf=pass smtp.mailfrom="a\\" ; dmarc=pass header.from=example.com ; x=\\""@evil.com; '
               "dmarc=fail header.from=example.com")
    raw = by_mail("help@roundtrip.example", "Me", sender=people.member().user.email, Authentication_Results=results)
    assert _take(desk, raw).why == "forged"


@pytest.mark.one_database
@pytest.mark.check("redos")
def test_results_too_long_to_be_our_servers_are_a_failure_and_are_not_read(desk, people, monkeypatch):
    monkeypatch.setattr("portal.help.mail_in._without_what_others_said", pytest.fail)  # comments in comments: each costs a turn
    results = f"mx.roundtrip.example; spf=pass {'(' * 100_000}{')' * 100_000}; dmarc=pass header.from=example.com"
    raw = by_mail("help@roundtrip.example", "Me", sender=people.member().user.email, Authentication_Results=results)
    assert _take(desk, raw).why == "forged"


@pytest.mark.one_database
def test_results_that_came_with_the_mail_stand_below_our_servers_and_count_nothing(desk, people):
    sender = people.member().user.email
    raw = by_mail("help@roundtrip.example", "It is me", sender=sender, Authentication_Results=PASS)
    fail = b"Authentication-Results: mx.roundtrip.example; dmarc=fail header.from=example.com\r\n"
    assert _take(desk, fail + raw).why == "forged"


def test_what_our_server_finds_forged_enters_no_conversation_though_its_address_is_signed_and_is_not_answered(desk, people):
    bo = people.member()
    asked = desk.asked(bo)
    desk.letters()
    kept = _take(desk, by_mail(desk.door.mail_address(asked.id), "Let me in", sender=bo.user.email,
                               Authentication_Results="mx.roundtrip.example; dmarc=fail header.from=example.com"))
    assert (kept.state, kept.why, len(desk.said(asked)), desk.letters()) == ("quarantined", "forged", 1, [])


@pytest.mark.one_database
@pytest.mark.parametrize("header", [{"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return-Path": "<>"}])
def test_what_a_machine_sends_is_answered_by_nobody(desk, people, header):
    bo = people.member()
    asked = desk.asked(bo)
    desk.letters()
    kept = _take(desk, by_mail(desk.door.mail_address(asked.id), "I am on holiday", sender=bo.user.email, **header))
    assert (kept.state, len(desk.said(asked)), desk.letters()) == ("dropped", 1, [])


@pytest.mark.one_database
def test_attachments_are_not_kept_and_that_is_said(desk, people):
    from email.message import EmailMessage
    bo = people.member()
    asked = desk.asked(bo)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = bo.user.email, desk.door.mail_address(asked.id), "<a@b>"
    mail.set_content("See the photo")
    mail.add_attachment(b"\x89PNG" * 1000, maintype="image", subtype="png", filename="secret.png")
    _take(desk, mail.as_bytes())
    assert desk.said(asked)[-1].happened == "The mail had attachments: we keep its words only"
    assert "secret" not in str(db.session.scalars(select(Entry.facts)).all())


@pytest.mark.parametrize("raw", [b"", b"   \n", b"no header at all", b"From: nobody\n\nHi", b"x" * 2_000_001])
def test_what_is_no_mail_is_refused(raw):
    with pytest.raises(NoMail):
        read_mail(raw)


def test_html_alone_is_read_as_its_words():
    raw = (b"From: bo@example.net\nTo: help@roundtrip.example\nMIME-Version: 1.0\n"
           b"Content-Type: text/html; charset=nonsense-8\n\n"
           b"<html><head><style>p{}</style></head><body><p>Hello <b>there</b></p>"
           b"<blockquote>old words</blockquote></body></html>")
    assert read_mail(raw).words == "Hello there"


@given(st.text(max_size=60))
def test_no_address_but_a_signed_one_finds_a_conversation(typed):
    door = Door("secret", "help@roundtrip.example", "http://localhost")
    conversation = random_id()
    address = door.mail_address(conversation)
    assert door.conversation_of(address) == conversation
    assert len(address.split("@")[0]) <= 64
    assert door.conversation_of(f"help+{typed}@roundtrip.example") is None
    assert Door("other", "help@roundtrip.example", "").conversation_of(address) is None
    assert door.visitor_conversation(typed) is None


@pytest.mark.one_database
def test_the_command_takes_a_mail_from_standard_input(site: Flask, desk, people):
    bo = people.member()
    asked = desk.asked(bo)
    db.session.rollback()
    runner = site.test_cli_runner()
    raw = by_mail(desk.door.mail_address(asked.id), "By mail", sender=bo.user.email)
    taken = runner.invoke(args=["help", "take-mail"], input=raw)
    assert (taken.exit_code, taken.output.strip()) == (0, "taken: reply")
    assert [each.words for each in desk.said(asked)][-1] == "By mail"
    assert runner.invoke(args=["help", "take-mail"], input=b"nonsense").exit_code == os.EX_DATAERR
