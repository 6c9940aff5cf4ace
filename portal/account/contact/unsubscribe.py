"""The link in mails of care and news that stops them: signed, without an end, and only for this."""

from itsdangerous import BadSignature, URLSafeSerializer

from portal.account.contact.rules import Purpose

STOPPABLE = (Purpose.CARE, Purpose.NEWS)


def stop_token(member_id: int, purpose: Purpose, secret: str) -> str:
    """What stands in the link."""
    return str(_signer(secret).dumps([member_id, str(purpose)]))


def read_stop_token(token: str, secret: str) -> tuple[int, Purpose] | None:
    """Whose mails of which purpose, or None when this is none of ours."""
    try:
        member_id, purpose = _signer(secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return (int(member_id), Purpose(purpose)) if purpose in STOPPABLE else None


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="stop these mails")
