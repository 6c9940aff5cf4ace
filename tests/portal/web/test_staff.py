"""Staff who are members too: at a desk they are staff, on their own trips they are members."""

import pytest
from sqlalchemy import select

from core.audit import AuditRow
from core.database import db
from portal.account.add_user import add_member, add_user
from portal.account.models import Plan, Role
from portal.account.passwords import hash_password
from tests.factories import PASSWORD, a_car, csrf_of, hidden, sign_in


@pytest.mark.check("audit")
def test_what_they_do_at_the_desk_is_in_the_audit(site, clock):
    with site.app_context():
        user = add_user(email="both@example.com", name="Mara Lind", password_hash=hash_password(PASSWORD),
                        roles=frozenset({Role.FLEET, Role.MEMBER}))
        user_id = user.id
        add_member(user=user, plan=Plan.REGULAR)
        address = f"/fleet/cars/{a_car().slug}/out-of-service"
    client = sign_in(site, "both@example.com")
    typed = {"state": "maintenance", "why": "Brakes squeal", "until": "2026-11-25T12:00"}
    typed["csrf_token"] = csrf_of(client.get(address).text)
    preview = client.post(address, data=typed | {"show": "1"}).text
    assert client.post(address, data=typed | {"confirm": "1", "digest": hidden(preview, "digest")}).status_code == 302
    with site.app_context():
        rows = db.session.scalars(select(AuditRow)).all()
        assert {row.actor for row in rows} == {f"user {user_id}"}
