"""Checks 10, 12 and 16: guessing shuts out who guesses, hashes take turns, and every cookie of ours is bound."""

import threading
import time

import pytest
from argon2 import PasswordHasher

from core.database import db
from portal.account import passwords
from portal.account.errors import TooManyToday, TooManyTries, WrongPassword
from portal.account.models import SignInFailure
from portal.account.security import password_tries
from portal.account.security.known_devices import cookie_name, meet_device
from portal.account.security.password_tries import STRANGERS, TRIES, Place
from portal.account.security.reset import change_password
from portal.account.sign_in import sign_in
from tests.factories import NOON, PASSWORD, csrf_of
from tests.reservations.pages import Browser

THIEF, OWNER = "198.51.100.66", "192.0.2.1"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def _quick(monkeypatch):
    """Hashes that cost nothing: a hundred of them are tried."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    monkeypatch.setattr(passwords, "_nobody", [])


def typed(email, password=PASSWORD, *, address=OWNER, device=""):
    return sign_in(email=email, password=password, remember=False, device="", place=Place(address, device))


def guess(email, times, *, address=THIEF):
    for _ in range(times):
        with pytest.raises(WrongPassword):
            typed(email, "wrong", address=address)


# 10: brute force.

@pytest.mark.check("brute")
def test_a_brute_stranger_is_kept_waiting_and_the_right_password_works_from_elsewhere(app, ada):
    guess(ada.user.email, TRIES)
    with pytest.raises(TooManyTries):
        typed(ada.user.email, address=THIEF)
    assert typed(ada.user.email)
    with pytest.raises(TooManyTries):  # the owner's success forgives the stranger nothing
        typed(ada.user.email, address=THIEF)


@pytest.mark.check("brute")
def test_without_the_place_a_stranger_keeps_the_owner_waiting(app, ada, monkeypatch):
    monkeypatch.setattr(password_tries, "_here", lambda account, _place, known: account)
    guess(ada.user.email, TRIES)
    with pytest.raises(TooManyTries):
        typed(ada.user.email)


@pytest.mark.check("brute")
@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.usefixtures("_quick")
def test_brute_force_from_everywhere_ends_after_a_hundred_tries_a_day(app, ada, exists):
    email = ada.user.email if exists else "nobody@example.com"
    for number in range(STRANGERS // TRIES):
        guess(email, TRIES, address=f"198.51.100.{number}")
    with pytest.raises(TooManyToday):
        typed(email, "wrong", address="203.0.113.1")


@pytest.mark.check("brute")
@pytest.mark.usefixtures("_quick")
def test_after_brute_force_from_everywhere_the_owners_own_browser_and_a_new_password_still_open(app, ada):
    meet_device(ada.user, "a-browser-of-hers", name="Firefox")
    for number in range(STRANGERS // TRIES):
        guess(ada.user.email, TRIES, address=f"198.51.100.{number}")
    assert typed(ada.user.email, address="203.0.113.1", device="a-browser-of-hers")
    with pytest.raises(TooManyToday):
        typed(ada.user.email, address="203.0.113.1", device="a-browser-of-somebody")
    change_password(user=ada.user, password="wandering otters at dusk", token="")
    assert typed(ada.user.email, "wandering otters at dusk", address="203.0.113.1")


@pytest.mark.one_database
@pytest.mark.check("brute")
def test_a_page_that_was_tried_by_brute_force_from_one_address_opens_from_another(site, clock, ada):
    def post(browser, password, address):
        page = browser.get("/sign-in")
        return browser.send("/sign-in", method="POST", environ_base={"REMOTE_ADDR": address}, data={
            "csrf_token": csrf_of(page.text), "email": ada.user.email, "password": password})

    thief = Browser(site.test_client(), clock)
    said = [post(thief, "wrong", THIEF).status_code for _ in range(TRIES + 1)]
    assert said == [401] * TRIES + [429]
    assert post(Browser(site.test_client(), clock), PASSWORD, OWNER).status_code == 302


@pytest.mark.one_database
@pytest.mark.check("brute")
def test_tries_are_forgotten_after_a_day(app, ada, monkeypatch):
    guess(ada.user.email, 1)
    password_tries.forget_old_tries(NOON)
    assert db.session.query(SignInFailure).count() == 1
    later = password_tries.wall_now() + password_tries.DAY * 2
    monkeypatch.setattr(password_tries, "wall_now", lambda: later)
    password_tries.forget_old_tries(NOON)
    assert db.session.query(SignInFailure).count() == 0


# 12: hashes.

class _Slow:
    """A hasher that says how many were at it at once."""

    def __init__(self) -> None:
        self.now, self.most, self._lock = 0, 0, threading.Lock()

    def hash(self, _password: str) -> str:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.01)  # long enough for all the others to be here too, were they let
        with self._lock:
            self.now -= 1
        return "hash"


def _at_once(hasher: _Slow, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(passwords, "_hasher", hasher)
    threads = [threading.Thread(target=passwords.hash_password, args=("seven quiet herons wade",)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return hasher.most


@pytest.mark.check("hash")
def test_at_most_four_hashes_are_computed_at_once(monkeypatch):
    assert _at_once(_Slow(), monkeypatch) <= 4


@pytest.mark.check("hash")
def test_without_turns_more_hashes_are_computed_at_once(monkeypatch):
    monkeypatch.setattr(passwords, "_at_once", threading.BoundedSemaphore(16))
    assert _at_once(_Slow(), monkeypatch) > 4


# 16: cookies.

@pytest.mark.check("cookies")
def test_the_cookie_of_a_known_browser_has_the_name_and_flags_of_the_sessions(shared_app):
    assert cookie_name(shared_app) == f"{shared_app.config['SESSION_COOKIE_NAME']}_device"
