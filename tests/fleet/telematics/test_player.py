"""The player's pages for people, and how its API answers what it does not understand."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.time import wall_now
from fleet.telematics.player.cars import Faults, Garage
from fleet.telematics.player.server import create_player
from fleet.telematics.port import Action, Setup

TOKEN = "only-for-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
GOLF = Setup("GOLF", "Golf <Gloria>", 41.93, -87.70, 12_000.0, 50, 300, electric=False)
LEAF = Setup("LEAF", "Leaf Lena", 41.95, -87.65, 800.0, 80, 150, electric=True)


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Flask]:
    app = create_player(tmp_path / "services.sqlite", TOKEN)
    yield app
    app.extensions["store"].close()


@pytest.fixture
def garage(player: Flask) -> Garage:
    garage: Garage = player.extensions["player"].garage
    garage.install([GOLF, LEAF], at=wall_now())
    return garage


@pytest.fixture
def client(player: Flask, garage: Garage) -> FlaskClient:
    return player.test_client()


def submit(client: FlaskClient, unit: str, **fields: Any) -> Any:
    """Load the car's page and submit one of its forms."""
    page = client.get(f"/cars/{unit}").text
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    return client.post(f"/cars/{unit}", data={"form_token": found.group(1), **fields})


def test_the_list_shows_every_car_and_finds_one_by_name_or_vin(client: FlaskClient) -> None:
    assert "Golf &lt;Gloria&gt;" in (everything := client.get("/").text)
    assert "Leaf Lena" in everything
    assert "Golf" not in client.get("/?q=lena+leaf").text
    assert "Leaf Lena" not in client.get("/?q=GOLF").text
    assert "No car is called that" in client.get("/?q=zebra").text


def test_the_list_comes_in_pages(client: FlaskClient, garage: Garage) -> None:
    more = [Setup(f"U{n}", f"Car {n:03}", 41.9, -87.6, 0.0, 50, 300, electric=False) for n in range(60)]
    garage.install(more, at=wall_now())

    first = client.get("/?q=car").text
    assert "1–50 of 60 cars" in first
    assert 'href="/?q=car&amp;from=50"' in first
    assert "51–60 of 60 cars" in client.get("/?q=car&from=50").text


@pytest.mark.parametrize("path", ["/", "/cars/GOLF", "/cars/nobody", "/nowhere", "/static/player.css"])
def test_no_page_runs_scripts_loads_from_elsewhere_or_is_framed(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]

    for rule in ("default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in response.text
    assert "style=" not in response.text
    response.close()


def test_a_form_changes_the_car_and_leads_back_to_it(client: FlaskClient, garage: Garage) -> None:
    garage.send("GOLF", Action.UNLOCK, once="1", at=wall_now())

    answer = submit(client, "GOLF", do="drive", miles="30", minutes="60")

    assert (answer.status_code, answer.location) == (303, "/cars/GOLF")
    assert garage.unit("GOLF").heard.odometer_miles == 12_030
    assert "12,030.0 mi" in client.get("/cars/GOLF").text


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"do": "refuel", "to_percent": "15"}, "energy_percent", 15),
        ({"do": "park", "lat": "41.5", "lng": "-87.5"}, "lat", 41.5),
        ({"do": "open"}, "doors_open", 1),
        ({"do": "start"}, "engine_on", True),
        ({"do": "plug"}, "plugged_in", True),
        ({"do": "faults", "offline": "on"}, "online", False),
    ],
)
def test_every_form_does_what_it_says(
    client: FlaskClient, garage: Garage, fields: dict[str, str], name: str, value: object
) -> None:
    garage.send("LEAF", Action.UNLOCK, once="1", at=wall_now())

    assert submit(client, "LEAF", **fields).status_code == 303
    assert getattr(garage.unit("LEAF").heard, name) == value


def test_the_box_misbehaves_as_its_form_says_and_is_mended_by_an_empty_one(
    client: FlaskClient, garage: Garage
) -> None:
    submit(client, "GOLF", do="faults", silent="on", delay_seconds="2.5", refuse="battery_low")
    assert garage.faults("GOLF") == Faults(delay_seconds=2.5, silent=True, refuse="battery_low")
    assert "2.5 s late" in client.get("/").text

    submit(client, "GOLF", do="faults", delay_seconds="0")
    assert garage.faults("GOLF") == Faults()


@pytest.mark.parametrize("token", ["", "made-up.signature"])
def test_a_form_from_elsewhere_changes_nothing(client: FlaskClient, garage: Garage, token: str) -> None:
    client.get("/cars/GOLF")

    answer = client.post("/cars/GOLF", data={"form_token": token, "do": "refuel", "to_percent": "1"})

    assert answer.status_code == 403
    assert garage.unit("GOLF").heard.energy_percent == 50


def test_a_form_token_without_its_cookie_changes_nothing(
    player: Flask, client: FlaskClient, garage: Garage
) -> None:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get("/cars/GOLF").text)
    assert found

    fields = {"form_token": found.group(1), "do": "refuel", "to_percent": "1"}
    assert player.test_client().post("/cars/GOLF", data=fields).status_code == 403
    assert garage.unit("GOLF").heard.energy_percent == 50


def test_a_form_token_that_the_player_has_not_signed_changes_nothing(
    client: FlaskClient, garage: Garage
) -> None:
    for planted in ("", "planted", "planted.signature"):
        client.set_cookie("player_form", planted)
        fields = {"form_token": planted, "do": "refuel", "to_percent": "1"}
        assert client.post("/cars/GOLF", data=fields).status_code == 403
    assert garage.unit("GOLF").heard.energy_percent == 50


def test_what_cannot_happen_is_explained_on_the_page(client: FlaskClient) -> None:
    locked = submit(client, "GOLF", do="drive", miles="30", minutes="60")
    assert locked.status_code == 409
    assert "The car is locked. Unlock it first" in locked.text

    for fields in ({"do": "refuel", "to_percent": "101"}, {"do": "fly"}, {"do": "faults", "refuse": "No!"}):
        unclear = submit(client, "GOLF", **fields)
        assert unclear.status_code == 400
        assert "That does not work" in unclear.text


def test_an_unknown_car_is_not_found(client: FlaskClient) -> None:
    assert client.get("/cars/nobody").status_code == 404
    assert client.get("/v1/units/nobody", headers=BEARER).json == {"reason": "unknown_unit"}


def test_the_pages_answer_only_under_their_own_names(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "127.0.0.1:8001"}).status_code == 200
    assert client.get("/", headers={"Host": "rebound.example.com"}).status_code == 400


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_the_api_answers_only_to_the_token(client: FlaskClient, header: dict[str, str]) -> None:
    answer = client.get("/v1/changes", headers=header)

    assert answer.status_code == 401
    assert "reason" not in (answer.json or {})


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("PUT", "/v1/units", {"cars": []}),
        ("PUT", "/v1/units", {"units": [{"unit": "X"}]}),
        ("PUT", "/v1/units", {"units": ["X"]}),
        ("POST", "/v1/units/GOLF/actions", {"action": "explode"}),
        ("POST", "/v1/units/GOLF/actions", {"action": "unlock"}),  # without an Idempotency-Key
        ("PUT", "/v1/units/GOLF/faults", {"slient": True}),
        ("PUT", "/v1/units/GOLF/faults", {"delay_seconds": 31}),
        ("PUT", "/v1/units/GOLF/faults", {"delay_seconds": True}),
        ("PUT", "/v1/units/GOLF/faults", {"refuse": "No!"}),
        ("POST", "/v1/units/GOLF/play", {"drive": {"miles": "12", "minutes": 30}}),
        ("POST", "/v1/units/GOLF/play", {"refuel": {"to_percent": 200}}),
        ("POST", "/v1/units/GOLF/play", []),
        ("GET", "/v1/changes?since=soon", None),
    ],
)
def test_the_api_says_what_it_does_not_understand_and_changes_nothing(
    client: FlaskClient, garage: Garage, method: str, path: str, document: object
) -> None:
    before = garage.export_state()

    answer = client.open(path, method=method, json=document, headers=BEARER)

    assert answer.status_code == 400
    assert answer.json
    assert answer.json["detail"]
    assert garage.export_state() == before


def test_a_player_needs_a_token(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a token"):
        create_player(tmp_path / "services.sqlite", "")
