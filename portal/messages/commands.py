"""`flask messages`: was anything sent outside what members chose?"""

from datetime import timedelta

import click
from flask.cli import AppGroup

from core.time import now
from portal.messages.audit import outside_choices

SHOWN = 50
messages = AppGroup("messages", help="What we wrote to members.")


@messages.command("audit")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3650), help="How far to look back.")
def audit(days: int) -> None:
    """Compare what was sent with the choices in force at that moment; ends with 1 when something was outside them."""
    found = outside_choices(now() - timedelta(days=days), now() + timedelta(days=1))
    if found.outside:
        lines = [f"{one.decided_at.isoformat()} {one.channel} of message {one.message_id}: {one.reason}"
                 for one in found.outside[:SHOWN]]
        many = f"{len(found.outside)} of {found.looked_at} were sent outside the choices:"
        raise click.ClickException("\n".join([many, *lines]))
    click.echo(f"{found.looked_at} deliveries in {days} days, none outside the choices of its member.")
