"""`flask city` and `flask jobs`: the city's files into the database, and what is due now."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from fleet.import_csv import BadCsv, import_city
from portal.adapters import city_folder
from portal.web.shell import adapters
from portal.worker import do_due
from portal.worker import work as work_on

city = AppGroup("city", help="The city's lots, cars, tariffs and policies.")
jobs = AppGroup("jobs", help="Work that is due.")


@city.command("import")
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
def import_files(folder: Path | None) -> None:
    """Import a folder of CSV files (the bundled city's when left out): all or nothing, errors with their lines."""
    try:
        counts = import_city(folder or city_folder(current_app.config), seal=adapters().seal.close)
    except BadCsv as error:
        raise click.ClickException("\n".join([f"nothing was imported, {error.args[0].split(':')[0]} has errors:",
                                              *error.errors])) from error
    click.echo(", ".join(f"{count} {what}" for what, count in counts.items()))


@jobs.command("due")
def due() -> None:
    """Do what is due now, once, and say how much it was."""
    click.echo(f"{do_due(current_app._get_current_object())} jobs done")


@click.command("work")
def work() -> None:
    """Work until stopped: hand out jobs, listen to the cars, look at the timers."""
    work_on(current_app._get_current_object())
