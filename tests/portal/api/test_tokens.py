"""Tokens: shown once, kept as a hash, and dead at once when they, or their member, are ended."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditRow
from core.database import db, transaction
from core.refusal import NotFound
from core.time import wall_now
from portal.account.models import MemberStatus, Role
from portal.api.models import ApiToken, Scope
from portal.api.tokens import find_token, give_token, revoke_token, tokens_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


def _given(member, **more):
    return give_token(member=member, name="Script", scopes=[Scope.READ, Scope.BOOK], **more)


def test_a_token_finds_its_member_and_what_it_may_do(ada):
    row, token = _given(ada)
    found, member = find_token(token)
    assert (found.id, member.id, found.scope_set) == (row.id, ada.id, {Scope.READ, Scope.BOOK})
    assert token.startswith(row.begins)
    assert len(row.begins) < len(token) / 3
    assert [each.id for each in tokens_of(ada.id)] == [row.id]


def test_what_is_kept_of_a_token_opens_nothing(app, ada):
    row, token = _given(ada)
    kept = db.session.execute(select(ApiToken.__table__)).one()
    assert token not in str(kept)
    for text in (row.token_hash, row.begins, "", "rt_", token[:-1], token + "x", token.swapcase()):
        assert find_token(text) is None, text


def test_two_tokens_are_two_keys(ada):
    assert _given(ada)[1] != _given(ada)[1]


def test_a_token_that_is_revoked_is_dead_and_stays_so(ada):
    row, token = _given(ada)
    first = revoke_token(token_id=row.id).revoked_at
    assert find_token(token) is None
    assert revoke_token(token_id=row.id).revoked_at == first


def test_a_token_that_is_unknown_cannot_be_revoked(app):
    with pytest.raises(NotFound):
        revoke_token(token_id=404)


def test_a_token_ends_at_its_time(ada):
    row, token = _given(ada, ends_at=wall_now() + timedelta(days=1))
    assert find_token(token) is not None
    with transaction():
        row.created_at, row.ends_at = wall_now() - timedelta(days=2), wall_now() - timedelta(seconds=1)
    assert find_token(token) is None


@pytest.mark.parametrize("more", [{"ends_at": wall_now() - timedelta(days=1)}, {"scopes": []}])
def test_a_token_that_could_do_nothing_is_not_made(ada, more):
    with pytest.raises(ValueError, match="may do something"):
        give_token(**{"member": ada, "name": "x", "scopes": [Scope.READ], **more})


@pytest.mark.parametrize("status", MemberStatus)
def test_only_a_closed_membership_ends_its_tokens(ada, status):
    token = _given(ada)[1]
    with transaction():
        ada.status = status
    assert (find_token(token) is None) is (status is MemberStatus.CLOSED)


def test_who_is_shut_out_has_no_token_either(ada):
    token = _given(ada)[1]
    with transaction():
        ada.user.disabled_at = wall_now()
    assert find_token(token) is None


def test_its_last_use_is_noted_now_and_then(app, ada):
    row, token = _given(ada)
    assert row.used_at is None
    first = find_token(token)[0]
    db.session.refresh(first)
    noted = first.used_at
    assert noted is not None
    find_token(token)
    db.session.refresh(first)
    assert first.used_at == noted
    with transaction():
        row.used_at = wall_now() - timedelta(hours=1)
    find_token(token)
    db.session.refresh(row)
    assert row.used_at > noted


def test_the_commands_make_list_and_end_a_token(site, app, ada):
    runner, email = site.test_cli_runner(), ada.user.email
    made = runner.invoke(args=["api", "token", email, "--scope", "read", "--name", "Cron", "--days", "30"])
    secret = made.stdout.strip()
    assert (made.exit_code, secret[:3]) == (0, "rt_")
    assert find_token(secret)[0].scope_set == {Scope.READ}
    row = tokens_of(ada.id)[0]
    said = runner.invoke(args=["api", "tokens", email]).output
    assert f"{row.id}  {row.begins}…  read until" in said
    assert secret not in said
    assert runner.invoke(args=["api", "revoke", str(row.id)]).exit_code == 0
    db.session.rollback()
    assert find_token(secret) is None
    assert "revoked" in runner.invoke(args=["api", "tokens", email]).output


@pytest.mark.parametrize("args", [["token", "nobody@example.com"], ["tokens", "nobody@example.com"], ["revoke", "404"]])
def test_a_command_about_nobody_says_so(site, app, args):
    answer = site.test_cli_runner().invoke(args=["api", *args])
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")


def test_what_is_done_at_the_console_is_in_the_audit_without_the_key(site, app, ada, people):
    mara = people.staff(Role.SUPPORT)
    runner = site.test_cli_runner()
    runner.invoke(args=["api", "token", ada.user.email, "--by", mara.email])
    row = tokens_of(ada.id)[0]
    runner.invoke(args=["api", "revoke", str(row.id)])
    db.session.rollback()
    trail = db.session.scalars(select(AuditRow).where(AuditRow.object == f"api_tokens/{row.id}").order_by(AuditRow.id)).all()
    assert [(each.actor, each.why) for each in trail] == [
        (f"user {mara.id}", "flask api token"), ("console", "flask api revoke")]
    assert trail[0].after["token_hash"] == "(private)"
    assert runner.invoke(args=["api", "token", ada.user.email, "--by", ada.user.email]).exit_code == 1
