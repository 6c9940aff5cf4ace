"""Devices that show our notifications: added from the browser itself, taken away, or gone."""

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, func, select

from core.database import db, transaction
from core.ids import random_id
from core.refusal import NotFound
from experience.journey import Step
from experience.record.observe import observe
from portal.account.contact.choose import hold_choices
from portal.account.contact.errors import TooManyDevices
from portal.account.contact.models import PushDevice
from portal.account.models import Member

MOST = 5  # one message tells each of them


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gives us: its push service's address for it, and its keys. Raises ValueError for what is none."""

    endpoint: str
    p256dh: str
    auth: str

    def __post_init__(self) -> None:
        there = urlsplit(self.endpoint)
        if (there.scheme != "https" or not there.hostname or there.username is not None or there.port not in (None, 443)
                or len(self.endpoint) > 1000 or re.search(r"\s", self.endpoint) or "." not in there.hostname
                or _is_address(there.hostname)):
            raise ValueError("an endpoint is https at a name of the public internet")
        if len(_bytes(self.auth)) != 16:
            raise ValueError("auth has 16 bytes")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(self.p256dh))


def _bytes(text: str) -> bytes:
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def devices_of(member_id: int) -> Sequence[PushDevice]:
    """The member's devices, oldest first."""
    return db.session.scalars(select(PushDevice).where(PushDevice.member_id == member_id).order_by(
        PushDevice.added_at, PushDevice.id)).all()


def add_device(*, member: Member, subscription: Subscription | None, name: str, session_id: int | None,
               now: datetime) -> PushDevice:
    """Show notifications here from now on; without a subscription it is a device of the embedded push service.

    A browser belongs to whoever is signed in to it: one that another member left behind changes hands. The same one again
    changes nothing. Raises TooManyDevices.
    """
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member) as seen, transaction():
        hold_choices(member.id)
        endpoint = subscription.endpoint if subscription else f"embedded:{secrets.token_urlsafe(12)}"
        there = db.session.scalars(select(PushDevice).where(PushDevice.endpoint == endpoint).with_for_update()).first()
        if there is not None and there.member_id == member.id:
            seen.was_repeated()
            there.session_id = session_id
            if subscription:
                there.p256dh, there.auth = subscription.p256dh, subscription.auth
            return there
        if there is not None:
            db.session.delete(there)
            db.session.flush()
        have = db.session.scalar(select(func.count()).select_from(PushDevice).where(PushDevice.member_id == member.id)) or 0
        if have >= MOST:
            raise TooManyDevices()
        device = PushDevice(id=random_id(), member_id=member.id, session_id=session_id, endpoint=endpoint,
                            p256dh=subscription.p256dh if subscription else "", auth=subscription.auth if subscription else "",
                            name=name[:80], added_at=now)
        db.session.add(device)
        db.session.flush()
    return device


def remove_device(*, member: Member, device_id: UUID) -> None:
    """Show nothing there any more. Raises NotFound for another member's."""
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member), transaction():
        device = db.session.scalars(select(PushDevice).where(
            PushDevice.id == device_id, PushDevice.member_id == member.id)).first()
        if device is None:
            raise NotFound()
        db.session.delete(device)


def device_left(device_id: UUID) -> None:
    """The push service says that the browser has unsubscribed: forget it."""
    with transaction():
        db.session.execute(delete(PushDevice).where(PushDevice.id == device_id))
