"""`flask fleet import`: lots, bays, models, cars, tariffs, policies and promo codes from CSV files."""

from pathlib import Path

import click
from flask.cli import AppGroup

from core.database import transaction
from fleet.csv_rows import BadCsv
from fleet.import_csv import (
    import_bays,
    import_cars,
    import_lots,
    import_models,
    import_policies,
    import_promotions,
    import_tariffs,
)
from portal.web.shell import adapters

fleet = AppGroup("fleet", help="Lots, cars and tariffs from CSV files.")


class OnlyLooking(Exception):
    """Ends a dry run: everything is rolled back."""


@fleet.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Check the files and say what they hold; change nothing.")
def import_files(files: tuple[Path, ...], dry_run: bool) -> None:
    """Add or change what the files name, all or nothing; a file's name says what is in it (cars.csv, lots.csv, …)."""
    how = {"lots": import_lots, "bays": import_bays, "models": import_models, "tariffs": import_tariffs,
           "policies": import_policies, "promotions": import_promotions,
           "cars": lambda path: import_cars(path, seal=adapters().seal.close)}
    for path in files:
        if path.stem not in how:
            raise click.ClickException(f"{path.name} is none of {', '.join(f'{name}.csv' for name in how)}: rename it")
    counts = {}
    try:
        with transaction():
            for path in sorted(files, key=lambda path: list(how).index(path.stem)):
                counts[path.name] = how[path.stem](path)
            if dry_run:
                raise OnlyLooking
    except BadCsv as error:
        raise click.ClickException("\n".join(
            ["nothing was imported:", *(f"{error.name} {line}" for line in error.errors)])) from error
    except OnlyLooking:
        click.echo("The files hold; nothing was changed: " + _said(counts))
        return
    click.echo(_said(counts))


def _said(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} rows of {name}" for name, count in counts.items())
