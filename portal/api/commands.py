"""`flask api`: tokens for members' machines. What is done at the console is done by staff, and the audit has it."""

from datetime import timedelta

import click
from flask.cli import AppGroup

from core.audit import Staff, acting_staff
from core.refusal import NotFound
from core.time import wall_now
from portal.account.by_email import users_by_email
from portal.account.models import STAFF_ROLES, Member
from portal.api.models import ApiToken, Scope
from portal.api.tokens import give_token, revoke_token, tokens_of

api = AppGroup("api", help="Tokens for members' machines.")
_by = click.option("--by", default="", metavar="EMAIL",
                   help="Who of the staff does this; the audit says “console” when left out.")


@api.command("token")
@click.argument("email")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([scope.value for scope in Scope]),
              help="What it may do; all of it when left out.")
@click.option("--name", default="Made at the console", help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it lasts; without end when left out.")
@_by
def token(email: str, scopes: tuple[str, ...], name: str, days: int | None, by: str) -> None:
    """Make a token for a member and print it, this once."""
    member = _member(email)
    with acting_staff(_staff(by, "flask api token")):
        row, secret = give_token(member=member, name=name[:80], scopes=[Scope(scope) for scope in scopes] or list(Scope),
                                 ends_at=wall_now() + timedelta(days=days) if days else None)
    click.echo(f"Token {row.id} of {email} may {_may(row)}{_until(row)}. It is printed this once:", err=True)
    click.echo(secret)


@api.command("tokens")
@click.argument("email")
def tokens(email: str) -> None:
    """List a member's tokens: number, first letters, what they may do, last use."""
    for row in tokens_of(_member(email).id):
        used = f"last used {row.used_at:%Y-%m-%d}" if row.used_at else "never used"
        state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else used
        click.echo(f"{row.id}  {row.begins}…  {_may(row)}{_until(row)}  {state}  {row.name}")


@api.command("revoke")
@click.argument("number", type=int)
@_by
def revoke(number: int, by: str) -> None:
    """End a token at once, by its number."""
    with acting_staff(_staff(by, "flask api revoke")):
        try:
            row = revoke_token(token_id=number)
        except NotFound as error:
            raise click.ClickException(f"there is no token {number}: `flask api tokens EMAIL` lists a member's") from error
    click.echo(f"Token {row.id} ({row.begins}…) opens nothing any more.")


def _member(email: str) -> Member:
    user = users_by_email([email.strip().lower()]).get(email.strip().lower())
    if user is None or user.member is None:
        raise click.ClickException(f"{email} is no member: tokens act for members only")
    return user.member


def _staff(by: str, why: str) -> Staff:
    if not by:
        return Staff(0, "console", why)
    user = users_by_email([by.strip().lower()]).get(by.strip().lower())
    if user is None or not user.roles & STAFF_ROLES:
        raise click.ClickException(f"{by} does not work here: leave --by out, or name a colleague")
    return Staff(user.id, user.email, why)


def _may(row: ApiToken) -> str:
    return row.scopes.replace(" ", ", ")


def _until(row: ApiToken) -> str:
    return f" until {row.ends_at:%Y-%m-%d}" if row.ends_at else ""
