"""`flask jobs` and `flask work`: what is due now, and the worker that waits for it."""

import click
from flask import current_app
from flask.cli import AppGroup

from portal.worker import do_due
from portal.worker import work as work_on

jobs = AppGroup("jobs", help="Work that is due.")


@jobs.command("due")
def due() -> None:
    """Do what is due now, once, and say how much it was."""
    click.echo(f"{do_due(current_app._get_current_object())} jobs done")


@click.command("work")
def work() -> None:
    """Work until stopped: hand out jobs, listen to the cars, look at the timers."""
    work_on(current_app._get_current_object())
