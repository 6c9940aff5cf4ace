"""`flask jobs` and `flask work`: what is due now, and the worker that waits for it; `flask audit`: is the chain whole?"""

import click
from flask import current_app
from flask.cli import AppGroup

from core.audit import broken_links
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


@click.command("audit")
def audit() -> None:
    """Check that nobody changed or removed an audit row behind our back; ends with 1 when somebody did."""
    broken = broken_links()
    if broken:
        raise click.ClickException(f"the audit's chain is broken at rows {', '.join(map(str, broken))}: compare with a backup")
    click.echo("The audit is whole.")
