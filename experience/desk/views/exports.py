"""Tables to take elsewhere, as CSV or Parquet."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from flask import Response, render_template, request, send_file, stream_with_context

from core.refusal import NotFound
from core.time import now
from experience.desk.blueprint import WHY, bp
from experience.desk.filters import Period
from experience.insight.export import TABLES, csv_lines, write_parquet
from experience.insight.window import Window
from portal.web.page import CX, page

IN_MEMORY = 8_000_000  # bytes; larger files go out from disk


def _window(period: Period) -> Window:
    since, until = period.bounds(now())
    return Window(since, until=until)


@bp.get("/export")
@page(who=CX, exempt=WHY)
def exports() -> str:
    """What can be taken, and for which time."""
    return render_template("experience/desk/exports.html", filters=Period(**Period.read(request.args)), TABLES=TABLES)


@bp.get("/export/<any(events, promises, answers, notes):name>.csv")
@page(who=CX, exempt=WHY)
def export_csv(name: str) -> Any:
    """One table as CSV, sent while it is read."""
    lines = csv_lines(_table(name), _window(Period(**Period.read(request.args))))
    return Response(stream_with_context(lines), mimetype="text/csv",
                    headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


@bp.get("/export/<any(events, promises, answers, notes):name>.parquet")
@page(who=CX, exempt=WHY)
def export_parquet(name: str) -> Any:
    """One table as Parquet, made beside and then sent."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.parquet"
        write_parquet(_table(name), _window(Period(**Period.read(request.args))), path)
        made = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the answer closes it when it is sent
        with path.open("rb") as file:
            shutil.copyfileobj(file, made)
    made.seek(0)
    answer = send_file(made, mimetype="application/vnd.apache.parquet", as_attachment=True, download_name=f"{name}.parquet")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _table(name: str) -> Any:
    if name not in TABLES:
        raise NotFound(table=name)
    return TABLES[name]
