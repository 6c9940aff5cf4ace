"""`flask staff`: people who work here."""

import click
from flask.cli import AppGroup

from core.refusal import Refusal
from portal.account.add_user import add_user, give_role
from portal.account.models import STAFF_ROLES, Role
from portal.account.passwords import hash_password

staff = AppGroup("staff", help="People who work here.")


@staff.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(sorted(STAFF_ROLES)), required=True)
@click.option("--name", default="", help="Shown to colleagues; the part before the @ when left out.")
@click.password_option(help="At least 15 characters.")
def add(email: str, role: str, name: str, password: str) -> None:
    """Add a member of staff, or give an existing account the role."""
    if len(password) < 15:
        raise click.ClickException("the password is shorter than 15 characters: choose a longer one")
    try:
        add_user(email=email, name=name or email.split("@")[0], password_hash=hash_password(password),
                 roles=frozenset({Role(role)}))
    except Refusal:
        give_role(email=email, role=Role(role))
        click.echo(f"{email} has the role {role} now; the password is unchanged")
        return
    click.echo(f"{email} can sign in with the role {role}")
