"""Another e-mail address: it proves itself, the old one may put itself back, and nobody learns whose address is whose."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core.database import db, transaction
from core.outbox import OutboxRow, deliver
from core.time import wall_now
from portal.account.add_user import add_user
from portal.account.contact.code import code_for
from portal.account.models import SignedIn, User
from portal.account.passwords import matches
from portal.account.profile.change_email import CODE, ask_to_change_email, confirm_email, forget_email_changes
from portal.account.profile.errors import AddressGone, EmailCodeIsOver, TooManyEmailCodes, UndoIsOver, WrongEmailCode
from portal.account.profile.models import EmailChange
from portal.account.profile.put_back import change_behind, put_back, undo_token
from portal.account.security.authenticator import authenticator_of, keep_authenticator, new_secret
from portal.account.security.models import PasswordReset
from portal.account.security.reset import ask_for_reset
from portal.api.models import Scope
from portal.api.tokens import find_token, give_token
from portal.billing.payers.models import Payer
from portal.handlers import handlers
from portal.privacy.ask_to_erase import ask_to_erase
from portal.privacy.models import Erasure
from reservations.feed.queries import feed_at, feed_of
from reservations.feed.start import start_feed
from tests.factories import NOON, PASSWORD
from tests.portal.account.security.made import later
from tests.reservations.pages import Browser, browser_of, hidden_fields, without_its_number, words_of

FORGERY = re.compile(r'name="csrf_token"[^>]*>')
NEW, NEWER = "ada@new.example", "ada@newer.example"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor").user


@pytest.fixture
def secret(app):
    return app.config["SECRET_KEY"]


def letters(app) -> list[str]:
    """What was mailed, and by now is due."""
    outside = app.extensions["adapters"]
    deliver(handlers(outside, "https://cars.example"), limit=50)
    return [f"{one['To']} {one['Subject']} {one.get_payload(decode=True).decode()}" for one in outside.mail.box]


def minutes_passed(minutes: float) -> None:
    """As if the codes had been asked for earlier."""
    gone = timedelta(minutes=minutes)
    with transaction():
        for row in db.session.scalars(select(EmailChange)):
            row.asked_at, row.code_until = row.asked_at - gone, row.code_until - gone


def changed(user: User, email: str, secret: str) -> EmailChange:
    """The user has another address from now on."""
    row = ask_to_change_email(user=user, email=email, now=NOON)
    return confirm_email(user=user, code=code_for(row.id, secret, CODE), secret=secret, token="", now=NOON)


def again(user: User) -> User:
    db.session.rollback()
    return db.session.get_one(User, user.id, populate_existing=True)


def test_a_code_from_the_new_mailbox_changes_the_address_everywhere(site, clock, app, ada):
    mine, phone = browser_of(site, ada, clock), browser_of(site, ada, clock)
    old = ada.email
    ask_for_reset(email=old, seal=app.extensions["adapters"].seal)
    reset = next(one for one in letters(app) if "new password" in one)
    assert mine.post("/account/profile/email", email="  ADA@new.example ").headers["Location"] == "/account/profile#email"
    assert again(ada).email == old
    code = next(re.search(r"from then on: (\d{6})", one) for one in letters(app) if one.startswith(NEW))[1]
    cookie = mine.client.get_cookie("roundtrip").value
    assert mine.post("/account/profile/email/code", code=code).headers["Location"] == "/account/profile"
    assert again(ada).email == NEW
    assert mine.get("/account/profile").status_code == 200
    assert mine.client.get_cookie("roundtrip").value != cookie
    assert phone.get("/account/").status_code == 302
    told = next(one for one in letters(app) if "address at Roundtrip was changed" in one)
    assert told.startswith(old)
    assert NEW not in told, "whoever reads the old mailbox is not told the new address"
    link = re.search(r"https://cars\.example(/sign-in/reset/\S+)", reset)[1]
    assert Browser(site.test_client(), clock).get(link).status_code == 410
    customer = db.session.scalars(select(Payer.customer).where(Payer.member_id == ada.member.id)).one()
    assert app.extensions["adapters"].payments.client.v1.customers.retrieve(customer).email == NEW
    visitor = Browser(site.test_client(), clock)
    assert visitor.fill_in("/sign-in", email=old, password=PASSWORD).status_code == 401
    assert visitor.fill_in("/sign-in", email=NEW, password=PASSWORD).status_code == 302


def test_an_address_that_has_an_account_gets_the_same_answer_and_no_code(site, clock, app, people, ada, secret):
    bo = people.member("Bo Lindqvist").user
    free, taken = bo.email.replace("member", "nobody"), bo.email
    answers, rows = [], []
    for user, email in ((ada, free), (people.member("Ada Okafor").user, taken)):
        browser = browser_of(site, user, clock)
        asked = browser.post("/account/profile/email", email=email)
        status, body, headers = without_its_number(browser.get("/account/profile"))
        answers.append((asked.status_code, asked.headers["Location"], status,
                        FORGERY.sub("", body).replace(email, "EMAIL").replace(user.email, "MINE"), headers))
        rows.append(db.session.scalar(select(func.count()).select_from(OutboxRow)))
        wrong = browser.post("/account/profile/email/code", code="000000")
        answers[-1] += (wrong.status_code, "That is not the code we sent." in words_of(wrong))
    assert answers[0] == answers[1]
    assert rows[1] == 2 * rows[0]
    row = db.session.scalars(select(EmailChange).where(EmailChange.known)).one()
    with pytest.raises(WrongEmailCode):
        confirm_email(user=db.session.get_one(User, row.user_id), code=code_for(row.id, secret, CODE), secret=secret, token="",
                      now=NOON)
    to_bo = next(one for one in letters(app) if one.startswith(taken))
    assert "You have an account with Roundtrip already" in to_bo
    assert not re.search(r"\b\d{6}\b", to_bo)


def test_of_two_who_ask_for_one_address_the_first_to_prove_it_has_it(app, people, ada, secret):
    bo = people.member("Bo Lindqvist").user
    rows = [ask_to_change_email(user=user, email=NEW, now=NOON) for user in (ada, bo)]
    confirm_email(user=bo, code=code_for(rows[1].id, secret, CODE), secret=secret, token="", now=NOON)
    with pytest.raises(AddressGone):
        confirm_email(user=ada, code=code_for(rows[0].id, secret, CODE), secret=secret, token="", now=NOON)
    assert again(ada).email != NEW


def test_codes_are_few_for_a_member_and_for_an_address_and_end(site, clock, app, people, ada, secret):
    browser = browser_of(site, ada, clock)
    assert "the address you have already" in words_of(browser.post("/account/profile/email", email=ada.email))
    assert browser.post("/account/profile/email", email=NEW).status_code == 302
    assert browser.post("/account/profile/email", email=NEW).status_code == 429, "one was just sent"
    row = db.session.scalars(select(EmailChange)).one()
    right = code_for(row.id, secret, CODE)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert browser.post("/account/profile/email/code", code=wrong).status_code == 422
    assert browser.post("/account/profile/email/code", code=right).status_code == 409, "five tries are all there are"
    for number in range(4):
        minutes_passed(2)
        ask_to_change_email(user=ada, email=f"{number}@new.example", now=NOON)
    minutes_passed(2)
    with pytest.raises(TooManyEmailCodes):
        ask_to_change_email(user=ada, email=NEWER, now=NOON)
    for _ in range(4):
        ask_to_change_email(user=people.member().user, email=NEW, now=NOON)
    with pytest.raises(TooManyEmailCodes):
        ask_to_change_email(user=people.member().user, email=NEW, now=NOON)
    late = people.member().user
    code = code_for(ask_to_change_email(user=late, email=NEWER, now=NOON).id, secret, CODE)
    minutes_passed(31)
    with pytest.raises(EmailCodeIsOver):
        confirm_email(user=late, code=code, secret=secret, token="", now=NOON)


@pytest.mark.one_database
@pytest.mark.check("brute")
def test_whoever_reads_the_mailbox_gets_a_code_however_many_strangers_asked(site, clock, app, people, ada):
    for nth in range(5):
        ask_to_change_email(user=people.member(f"Stranger {nth}", card=None).user, email=NEW, now=NOON)
    (link, *_others) = re.findall(r"https://cars.example(/account/profile/mailbox/\S+)", " ".join(letters(app)))
    browser, stranger = browser_of(site, ada, clock), browser_of(site, people.member("Eve").user, clock)
    assert "Each of those mails has a link" in words_of(browser.post("/account/profile/email", email=NEW))
    assert browser.get(f"{link}x").status_code == 404
    assert browser.get(link).headers["Location"] == "/account/profile#email"
    assert browser.post("/account/profile/email", email=NEW).status_code == 302
    assert stranger.post("/account/profile/email", email=NEW).status_code == 429


def test_the_old_address_puts_itself_back_and_whoever_else_was_in_is_out(site, clock, app, ada, secret):
    old, seal = ada.email, app.extensions["adapters"].seal
    with later(days=-8):
        before = give_token(member=ada.member, name="Mine", scopes=[Scope.READ])[1]
    with later(minutes=5):
        first = changed(ada, NEW, secret)
        keep_authenticator(ada, new_secret(), seal=seal)
        theirs = give_token(member=ada.member, name="Not mine", scopes=[Scope.READ])[1]
        thief = browser_of(site, ada, clock)
    with later(minutes=10):
        second = changed(again(ada), NEWER, secret)
    link = re.search(r"https://cars\.example(/email/put-back/\S+)", next(one for one in letters(app) if one.startswith(old)))[1]
    visitor = Browser(site.test_client(), clock)
    with later(minutes=15):
        assert visitor.get(link).status_code == visitor.get(link).status_code == 200
        assert again(ada).email == NEWER, "looking changes nothing"
        done = visitor.send(link, method="POST", data=hidden_fields(visitor.get(link).text))
        letters(app)
        assert again(ada).email == old
        assert thief.get("/account/").status_code == 302
        assert db.session.scalars(select(SignedIn)).all() == []
        assert not matches(PASSWORD, again(ada).password_hash)
        assert authenticator_of(ada.id) is None
        assert find_token(theirs) is None
        assert find_token(before) is not None
        for token in (undo_token(first.id, secret), undo_token(second.id, secret)):
            with pytest.raises(UndoIsOver):
                put_back(token=token, secret=secret)
        assert visitor.get(link).status_code == 410
        assert visitor.fill_in(done.headers["Location"], password="wandering otters at dusk").status_code == 302
        assert visitor.fill_in("/sign-in", email=old, password="wandering otters at dusk").status_code == 302


def test_what_the_owner_had_before_the_change_stays(app, ada, secret):
    with later(days=-8):
        keep_authenticator(ada, new_secret(), seal=app.extensions["adapters"].seal)
    with later(minutes=5):
        row = changed(ada, NEW, secret)
        put_back(token=undo_token(row.id, secret), secret=secret)
        assert authenticator_of(ada.id) is not None
        assert len(db.session.scalars(select(PasswordReset).where(PasswordReset.used_at.is_(None))).all()) == 1


def test_the_calendar_has_another_address_once_the_old_one_is_put_back(app, ada, secret):
    seal = app.extensions["adapters"].seal
    read_by_somebody = start_feed(member=ada.member, seal=seal, now=NOON)
    with later(minutes=5):
        put_back(token=undo_token(changed(ada, NEW, secret).id, secret), secret=secret)
        letters(app)
    db.session.rollback()
    assert feed_at(read_by_somebody) is None
    assert feed_at(seal.open(feed_of(ada.member.id).secret_sealed)) is not None


def test_what_was_added_in_the_days_before_the_change_goes_and_an_erasure_that_waits_is_cancelled(app, people, ada, secret):
    """Whoever breaks in adds a key first, and asks for the address later; and then for nothing to be left."""
    keep_authenticator(ada, new_secret(), seal=app.extensions["adapters"].seal)
    theirs = give_token(member=ada.member, name="Not mine", scopes=[Scope.READ])[1]
    with later(minutes=5):
        row = changed(ada, NEW, secret)
        asked = ask_to_erase(user=ada.member.user, now=NOON)
        put_back(token=undo_token(row.id, secret), secret=secret)
        assert authenticator_of(ada.id) is None
        letters(app)
        assert find_token(theirs) is None
    db.session.rollback()
    assert db.session.get_one(Erasure, asked.id, populate_existing=True).state == "cancelled"


def test_the_link_ends_after_some_days_and_a_forged_one_opens_nothing(site, clock, app, ada, secret):
    row = changed(ada, NEW, secret)
    token = undo_token(row.id, secret)
    assert change_behind(token, secret).id == row.id
    for forged in (token + "x", token[:-2], "x", undo_token(row.id, "another secret"), str(row.id)):
        with pytest.raises(UndoIsOver):
            change_behind(forged, secret)
    with later(days=6):
        assert forget_email_changes(NOON) == 0
        assert change_behind(token, secret).id == row.id
    with later(days=7, minutes=1), pytest.raises(UndoIsOver):
        change_behind(token, secret)
    with later(days=9):
        assert forget_email_changes(NOON) == 1


def test_an_old_address_is_kept_free_while_it_may_return_and_left_to_whoever_has_it(app, people, ada, secret):
    old = ada.email
    row = changed(ada, NEW, secret)
    assert ask_to_change_email(user=people.member().user, email=old, now=NOON).known
    add_user(email=old, name="Somebody Else", password_hash="x")
    with pytest.raises(AddressGone):
        put_back(token=undo_token(row.id, secret), secret=secret)
    assert again(ada).email == NEW
    with transaction():
        db.session.execute(update(User).where(User.email == old).values(email="else@example.com", disabled_at=wall_now()))
    put_back(token=undo_token(row.id, secret), secret=secret)
    assert again(ada).email == old
