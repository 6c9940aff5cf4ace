"""`flask help take-mail`: what a mail server hands over, one mail on standard input."""

import os
import sys

import click
from flask import current_app
from flask.cli import AppGroup

from core.time import now
from experience.record.observe import Scene, scene
from portal.help.door import door_of
from portal.help.mail_in import LARGEST, NoMail, read_mail
from portal.help.take_mail import take_mail as take

help_commands = AppGroup("help", help="Mail from members.")


@help_commands.command("take-mail")
def take_mail() -> None:
    """Take one mail (RFC 5322) from standard input into its conversation.

    Ends as mail servers expect it: 0 when it is kept, 65 for what is no mail, another number to try again later.
    """
    try:
        mail = read_mail(sys.stdin.buffer.read(LARGEST + 1), current_app.config["HELP_MAIL_CHECKED_BY"])
    except NoMail as error:
        click.echo(str(error), err=True)
        raise SystemExit(os.EX_DATAERR) from error
    with scene(Scene(actor="member")):
        kept = take(mail=mail, door=door_of(current_app.config), seal=current_app.extensions["adapters"].seal, now=now())
    click.echo(f"{kept.state}: {kept.why}")
