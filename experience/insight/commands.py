"""`flask experience`: what the CX team does from the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from core.refusal import Refusal
from core.time import now
from experience.insight.count_days import MOST_AT_ONCE, count_days, forget_counts
from experience.insight.export import Format, export
from experience.insight.reconcile import reconcile
from experience.insight.window import Window

experience = AppGroup("experience", help="What members lived through: taken elsewhere, and checked.")
EVERYTHING = datetime(2000, 1, 1, tzinfo=UTC)


@experience.command("export")
@click.option("--format", "form", type=click.Choice([str(form) for form in Format]), required=True)
@click.option("--days", type=click.IntRange(1, 3650), help="The last so many days; everything when left out.")
@click.argument("path", type=click.Path(path_type=Path))
def export_command(form: str, days: int | None, path: Path) -> None:
    """Write events, promises, answers and notes into the folder PATH, or only the events when PATH is a file name.

    Members and trips appear under random ids; words stay here.
    """
    window = Window(now() - timedelta(days=days) if days else EVERYTHING)
    try:
        written = export(path, Format(form), window)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.says} {refusal.remedy}") from refusal
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
    click.echo(", ".join(f"{rows} rows into {file}" for file, rows in written))


@experience.command("reconcile")
@click.option("--days", type=click.IntRange(1, 800), default=3, show_default=True, help="How far back to compare.")
def reconcile_command(days: int) -> None:
    """Compare bookings, trips, commands, messages and money with their step events; ends with 1 when something is missing
    or doubled."""
    at = now()
    found = reconcile(since=at - timedelta(days=days), until=at, now=at, more=current_app.extensions["reconciled"])
    assert found is not None  # only a night can have been kept already
    for one in found.differences:
        click.echo(f"{one.what}: {one.kind} {one.id} of {one.at:%Y-%m-%d %H:%M:%S} UTC, step {one.step}")
    rows = sum(found.rows.values())
    if found.differences:
        raise click.ClickException(f"{len(found.differences)} of {rows} rows differ from their step events: compare with a "
                                   "backup, and look what happened at those times")
    click.echo(f"{rows} rows, and each has its step event.")


@experience.command("recount")
def recount_command() -> None:
    """Count the days of the journey anew from their events: after a restore, or when the city's zone has changed."""
    forgotten = forget_counts()
    goes = range(forgotten // MOST_AT_ONCE + 1)
    with click.progressbar(goes, label="Counting") as progress:
        counted = sum(count_days(now()) for _ in progress)
    click.echo(f"{forgotten} counted days were put aside, {counted} were counted anew.")
