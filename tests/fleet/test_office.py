"""The office stands in the city's folder, in one line of a file."""

import pytest

from config import ROOT
from fleet.csv_rows import BadCsv
from fleet.office import read_office


@pytest.mark.one_database
def test_the_bundled_city_has_an_office_and_its_link_opens_a_map_there():
    office = read_office(ROOT / "cities" / "chicago" / "office.csv")
    assert office.map_link.endswith("#map=18/41.88533/-87.63420")


@pytest.mark.one_database
@pytest.mark.parametrize(("lines", "says"), [
    ((), "a city has one office, and here are 0"),
    (("1 A St,all day,41.8,-87.6", "2 B St,all day,41.8,-87.6"), "a city has one office, and here are 2"),
    (("1 A St,,41.8,-87.6",), "line 2: hours is empty"),
    (("1 A St,all day,141.8,-87.6",), "line 2: 141.8 is no latitude"),
])
def test_a_file_with_no_office_or_two_or_a_wrong_one_is_refused(tmp_path, lines, says):
    (path := tmp_path / "office.csv").write_text("\n".join(("address,hours,lat,lng", *lines)))
    with pytest.raises(BadCsv, match=says):
        read_office(path)
