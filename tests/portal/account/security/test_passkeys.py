"""Passkeys at the server: an answer counts once, for whom and what it was asked, and from our own address.

A key made of numbers plays the device; tests/browser/test_passkey.py has a real browser.
"""

import hashlib
import json
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

from core.database import db, transaction
from core.refusal import NotFound
from core.time import wall_now
from portal.account.models import User
from portal.account.security.models import Passkey, PasskeyChallenge
from portal.account.security.passkeys import (
    NoPasskey,
    ask_to_register,
    ask_to_sign,
    check_answer,
    in_the_way,
    register,
    remove,
    sign_in_with_passkey,
    site_of,
)

SITE = site_of("http://localhost")
SEEN, VERIFIED, NEW_KEY = 0x01, 0x04, 0x40


class Device:
    """An authenticator with one key."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id, self._uses, self.handle = secrets.token_bytes(16), 0, ""

    def make(self, options: str) -> str:
        """The browser's answer to being told to make a passkey."""
        told = json.loads(options)
        self.handle = told["user"]["id"]
        numbers = self._key.public_key().public_numbers()
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        data = self._data(SEEN | VERIFIED | NEW_KEY) + bytes(16) + len(self._id).to_bytes(2) + self._id + public
        attested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._said({"clientDataJSON": _client("webauthn.create", told["challenge"], "http://localhost"),
                           "attestationObject": bytes_to_base64url(attested)})

    def sign(self, options: str, *, origin: str = "http://localhost", flags: int = SEEN | VERIFIED, handle: str = "") -> str:
        """The browser's answer to being told to sign."""
        client = _client("webauthn.get", json.loads(options)["challenge"], origin)
        self._uses += 1
        data = self._data(flags)
        signed = self._key.sign(data + hashlib.sha256(base64url_to_bytes(client)).digest(), ec.ECDSA(SHA256()))
        return self._said({"clientDataJSON": client, "authenticatorData": bytes_to_base64url(data),
                           "signature": bytes_to_base64url(signed), "userHandle": handle or self.handle})

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(b"localhost").digest() + bytes([flags]) + self._uses.to_bytes(4)

    def _said(self, response: dict[str, str]) -> str:
        name = bytes_to_base64url(self._id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _client(kind: str, challenge: str, origin: str) -> str:
    return bytes_to_base64url(json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode())


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor").user


@pytest.fixture
def device(app, ada):
    made = Device()
    register(user=ada, answer=made.make(ask_to_register(user=ada, site=SITE)), name="Phone", site=SITE)
    return made


def enters(answer: str) -> str:
    return sign_in_with_passkey(answer=answer, remember=False, device="", site=SITE)


def test_a_passkey_signs_in_and_an_answer_counts_once(app, ada, device):
    answer = device.sign(ask_to_sign(site=SITE))
    assert enters(answer)
    with pytest.raises(NoPasskey):
        enters(answer)
    assert db.session.scalars(select(PasskeyChallenge)).all() == []


def test_an_answer_counts_for_what_and_for_whom_it_was_asked(app, people, ada, device):
    other = people.member().user
    with pytest.raises(NoPasskey):
        enters(device.sign(ask_to_sign(site=SITE, user=ada)))
    with pytest.raises(NoPasskey):
        check_answer(answer=device.sign(ask_to_sign(site=SITE)), site=SITE, user=ada)
    with pytest.raises(NoPasskey):
        check_answer(answer=device.sign(ask_to_sign(site=SITE, user=other)), site=SITE, user=other)
    with pytest.raises(NoPasskey):
        register(user=other, answer=Device().make(ask_to_register(user=ada, site=SITE)), name="", site=SITE)
    assert check_answer(answer=device.sign(ask_to_sign(site=SITE, user=ada)), site=SITE, user=ada).id == ada.id


@pytest.mark.one_database
@pytest.mark.parametrize("wrong", [
    {"origin": "https://evil.example"}, {"origin": "http://localhost.evil.example"}, {"flags": SEEN}, {"flags": 0},
    {"handle": "c29tZWJvZHkgZWxzZQ"}])
def test_another_address_no_finger_or_another_person_opens_nothing(app, ada, device, wrong):
    with pytest.raises(NoPasskey):
        enters(device.sign(ask_to_sign(site=SITE), **wrong))


@pytest.mark.one_database
def test_a_challenge_ends_after_five_minutes_a_copied_key_is_noticed_and_a_disabled_user_is_nobody(app, ada, device):
    answer = device.sign(ask_to_sign(site=SITE))
    with transaction():
        db.session.execute(update(PasskeyChallenge).values(ends_at=wall_now()))
    with pytest.raises(NoPasskey):
        enters(answer)
    with transaction():
        db.session.execute(update(Passkey).values(sign_count=99))
    with pytest.raises(NoPasskey):
        enters(device.sign(ask_to_sign(site=SITE)))
    with transaction():
        db.session.execute(update(Passkey).values(sign_count=0))
        db.session.get_one(User, ada.id).disabled_at = wall_now()
    with pytest.raises(NoPasskey):
        enters(device.sign(ask_to_sign(site=SITE)))


def test_a_passkey_is_removed_by_its_owner_only_and_opens_nothing_then(app, people, ada, device):
    (passkey,) = db.session.scalars(select(Passkey)).all()
    with pytest.raises(NotFound):
        remove(user=people.member().user, passkey_id=passkey.id)
    remove(user=ada, passkey_id=passkey.id)
    with pytest.raises(NoPasskey):
        enters(device.sign(ask_to_sign(site=SITE)))


@pytest.mark.one_database
@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"response": {"clientDataJSON": "x"}}', '{"response": 1}',
                                    '{"response": {"clientDataJSON": "W10"}}'])
def test_nonsense_opens_nothing(app, answer):
    with pytest.raises(NoPasskey):
        enters(answer)


@pytest.mark.one_database
@pytest.mark.parametrize(("url", "host", "says"), [
    ("http://localhost:8000", "localhost:8000", ""), ("http://localhost:8000", "127.0.0.1:8000", "http://localhost:8000 only"),
    ("http://127.0.0.1:8000", "127.0.0.1:8000", "Use http://localhost instead"), ("https://cars.example", "cars.example", "")])
def test_a_number_for_a_name_is_refused_in_words(app, url, host, says):
    with app.test_request_context():
        found = in_the_way(url, host)
    assert (says in found) if says else found == ""
