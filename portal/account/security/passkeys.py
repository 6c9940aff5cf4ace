"""Passkeys (WebAuthn): a key in the person's own device that signs a challenge of ours, after a finger, a face or a PIN.

That is both factors at once. Challenges are rows, and each takes one answer. The name that keys are bound to is the host of
SITE_URL, never that of a request.
"""

import json
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.database import db, rows_changed, transaction
from core.ids import new_id
from core.refusal import NotFound, Refusal
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import User
from portal.account.security.models import Passkey, PasskeyChallenge
from portal.account.sessions import begin_session

GOOD_FOR = timedelta(minutes=5)
MOST = 20  # of one person
MUST = UserVerificationRequirement.REQUIRED


class NoPasskey(Refusal):
    code, status = "no_passkey", 401
    says = _l("That passkey did not open anything here.")
    remedy = _l("Try again, or sign in with your password.")


class TooManyPasskeys(Refusal):
    code = "too_many_passkeys"
    says = _l("There are 20 passkeys already.")
    remedy = _l("Remove one that you use no more.")


@dataclass(frozen=True, slots=True)
class Site:
    """The name that keys are bound to, and the address their answers must come from."""

    name: str
    origin: str


def site_of(site_url: str) -> Site:
    """The site of SITE_URL."""
    return Site(urlsplit(site_url).hostname or "", site_url)


def in_the_way(site_url: str, host: str) -> str:
    """Why passkeys do not work for a browser that says it is at this host; "" when they do."""
    name = site_of(site_url).name
    if _is_ip(name):
        return _("Passkeys need a name, and this site is known by a number. Use http://localhost instead.")
    if host.rsplit(":", 1)[0] != name:
        return _("Passkeys work at %(address)s only. Open the site there to use yours.", address=site_url)
    return ""


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def ask_to_register(*, user: User, site: Site) -> str:
    """What the browser is told so that it makes a passkey, as JSON. Raises TooManyPasskeys."""
    mine = passkeys_of(user.id)
    if len(mine) >= MOST:
        raise TooManyPasskeys()
    handle = mine[0].handle if mine else bytes_to_base64url(secrets.token_bytes(32))
    options = generate_registration_options(
        rp_id=site.name, rp_name="Roundtrip", user_name=user.email, user_display_name=user.name,
        user_id=base64url_to_bytes(handle), exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in mine],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=MUST))
    _keep(options.challenge, "register", user.id, handle)
    return options_to_json(options)


def ask_to_sign(*, site: Site, user: User | None = None) -> str:
    """What the browser is told so that a passkey signs: any of this site, or one of a user who proves it again. As JSON."""
    options = generate_authentication_options(
        rp_id=site.name, user_verification=MUST, allow_credentials=[] if user is None else [
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in passkeys_of(user.id)])
    _keep(options.challenge, "sign_in" if user is None else "again", user.id if user else None, None)
    return options_to_json(options)


def register(*, user: User, answer: str, name: str, site: Site) -> Passkey:
    """Keep the passkey that the browser has made. Raises NoPasskey for anything but the one answer to a challenge of theirs."""
    with observe(Step.MANAGE_DETAILS, member=user.member):
        said, challenge, row = _take(answer, "register", user.id)
        try:
            made = verify_registration_response(credential=said, expected_challenge=challenge, expected_rp_id=site.name,
                                                expected_origin=site.origin, require_user_verification=True)
        except WebAuthnException as error:
            raise NoPasskey() from error
        credential = bytes_to_base64url(made.credential_id)
        with transaction():
            if db.session.scalar(select(Passkey.id).where(Passkey.credential == credential)) is not None:
                raise NoPasskey()
            passkey = Passkey(id=new_id(), user_id=user.id, credential=credential, handle=row.handle or "",
                              public_key=bytes_to_base64url(made.credential_public_key), sign_count=made.sign_count,
                              name=name.strip()[:60] or _("Passkey"), added_at=wall_now())
            db.session.add(passkey)
    return passkey


def check_answer(*, answer: str, site: Site, user: User | None = None) -> User:
    """Who it is whose passkey signed; `user`: whose it must be. Raises NoPasskey."""
    said, challenge, _row = _take(answer, "sign_in" if user is None else "again", user.id if user else None)
    passkey = db.session.scalar(select(Passkey).where(Passkey.credential == str(said.get("id"))))
    owner = db.session.get(User, passkey.user_id) if passkey is not None else None
    if passkey is None or owner is None or owner.disabled_at is not None or (user is not None and owner.id != user.id):
        raise NoPasskey()
    if said.get("response", {}).get("userHandle") not in (None, "", passkey.handle):
        raise NoPasskey()
    try:
        signed = verify_authentication_response(
            credential=said, expected_challenge=challenge, expected_rp_id=site.name, expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key), credential_current_sign_count=passkey.sign_count,
            require_user_verification=True)
    except WebAuthnException as error:
        raise NoPasskey() from error
    with transaction():
        kept = db.session.get_one(Passkey, passkey.id)
        kept.sign_count, kept.used_at = signed.new_sign_count, wall_now()
    return owner


def sign_in_with_passkey(*, answer: str, remember: bool, device: str, site: Site) -> str:
    """Begin a session for whoever's passkey signed; returns its token. Raises NoPasskey."""
    with observe(Step.MANAGE_SIGN_IN) as seen:
        seen.note(remembered=remember)
        user = check_answer(answer=answer, site=site)
        return begin_session(user, remember=remember, device=device, two_factors=True)


def passkeys_of(user_id: int) -> list[Passkey]:
    """The user's, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.added_at, Passkey.id)))


def remove(*, user: User, passkey_id: UUID) -> None:
    """Take one of the user's away. Raises NotFound."""
    with observe(Step.MANAGE_DETAILS, member=user.member), transaction():
        gone = rows_changed(delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user.id))
        if not gone:
            raise NotFound()


def _keep(challenge: bytes, purpose: str, user_id: int | None, handle: str | None) -> None:
    with transaction():
        db.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.ends_at < wall_now()))
        db.session.add(PasskeyChallenge(challenge=bytes_to_base64url(challenge), purpose=purpose, user_id=user_id,
                                        handle=handle, ends_at=wall_now() + GOOD_FOR))


def _take(answer: str, purpose: str, user_id: int | None) -> tuple[dict[str, Any], bytes, PasskeyChallenge]:
    """What the browser said, and the challenge it is about, which is used up whatever becomes of it. Raises NoPasskey."""
    try:
        said = json.loads(answer)
        client = json.loads(urlsafe_b64decode(said["response"]["clientDataJSON"] + "=="))
        challenge = str(client["challenge"])
    except (ValueError, KeyError, TypeError) as error:
        raise NoPasskey() from error
    with transaction():
        row = db.session.get(PasskeyChallenge, challenge)
        used = rows_changed(delete(PasskeyChallenge).where(PasskeyChallenge.challenge == challenge))
    if row is None or not used or row.ends_at <= wall_now() or (row.purpose, row.user_id) != (purpose, user_id):
        raise NoPasskey()
    return said, base64url_to_bytes(challenge), row
