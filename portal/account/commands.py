"""`flask staff`: people who work here."""

import click
from flask import current_app
from flask.cli import AppGroup

from core.refusal import Refusal
from portal.account.add_user import add_user, give_role
from portal.account.models import STAFF_ROLES, Role
from portal.account.security.reset import invite

NO_PASSWORD = "none"  # noqa: S105 - no hash, so that nothing matches it

staff = AppGroup("staff", help="People who work here.")


@staff.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(sorted(role.value for role in STAFF_ROLES)), required=True)
@click.option("--name", default="", help="Shown to colleagues; the part before the @ when left out.")
def add(email: str, role: str, name: str) -> None:
    """Add a member of staff, or give an existing account the role. Prints a link with which they choose their password."""
    try:
        user = add_user(email=email, name=name or email.split("@")[0], password_hash=NO_PASSWORD, roles=frozenset({Role(role)}))
    except Refusal:
        give_role(email=email, role=Role(role))
        click.echo(f"{email} has the role {role} now; the password is unchanged")
        return
    token = invite(user=user, secret=current_app.config["SECRET_KEY"])
    click.echo(f"{email} has the role {role}. They choose a password here, within a day and once:\n"
               f"{current_app.config['SITE_URL']}/sign-in/reset/{token}")
