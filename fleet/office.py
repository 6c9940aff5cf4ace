"""Where members find us: the office of the city, at which fobs lie ready."""

from dataclasses import dataclass
from pathlib import Path

from fleet.csv_cells import latitude, longitude, texts
from fleet.csv_rows import BadCsv, cells_by_column, read_rows


@dataclass(frozen=True, slots=True)
class Office:
    """`lat` and `lng` in degrees; `hours` is when somebody is there, in words."""

    address: str
    hours: str
    lat: float
    lng: float

    @property
    def map_link(self) -> str:
        """Where a map of the streets around it opens."""
        return f"https://www.openstreetmap.org/?mlat={self.lat:.5f}&mlon={self.lng:.5f}#map=18/{self.lat:.5f}/{self.lng:.5f}"


def read_office(path: Path) -> Office:
    """The one office that the file names. Raises BadCsv."""
    lines = list(read_rows(path))
    if len(lines) != 1:
        raise BadCsv(path, [f"a city has one office, and here are {len(lines)}"])
    line, columns, cells = lines[0]
    try:
        row = cells_by_column(columns, cells)
        return Office(**texts(row, "address", "hours"), lat=latitude(row["lat"]), lng=longitude(row["lng"]))
    except KeyError as error:
        raise BadCsv(path, [f"line {line}: there is no column {error}"]) from error
    except ValueError as error:
        raise BadCsv(path, [f"line {line}: {error}"]) from error
