"""The receipt of an erasure: a page behind a signed number, which names nobody."""

from collections.abc import Mapping
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound
from portal.privacy.models import Erasure


def receipt_link(number: str, config: Mapping[str, Any]) -> str:
    """The receipt's whole address."""
    return f"{config['SITE_URL']}/privacy/receipts/{signed(number, config)}"


def signed(number: str, config: Mapping[str, Any]) -> str:
    token = _signer(config).dumps(number)
    return token.decode() if isinstance(token, bytes) else token


def receipt_of(token: str, config: Mapping[str, Any]) -> Erasure:
    """The erasure behind a receipt's address. Raises NotFound for one that we did not sign."""
    try:
        number = _signer(config).loads(token)
    except BadData as error:
        raise NotFound() from error
    found: Erasure | None = db.session.scalar(select(Erasure).where(Erasure.number == str(number)))
    if found is None:
        raise NotFound()
    return found


def _signer(config: Mapping[str, Any]) -> URLSafeSerializer:
    return URLSafeSerializer(config["SECRET_KEY"], salt="erasure receipt")
