"""The outside world in one dataclass, chosen by the settings when the app starts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import ROOT, Misconfigured
from core.sealed import Seal
from fleet.telematics.http import HttpTelematics
from fleet.telematics.port import Telematics
from portal.messages.mail import Mail, MaildirMail, SmtpMail
from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.gazetteer import GazetteerFinder
from reservations.search.geocoding.online import NominatimFinder, PhotonFinder
from reservations.search.geocoding.port import PlaceFinder
from reservations.search.place_cache import DatabaseCache


@dataclass(frozen=True)
class Adapters:
    """Whom we talk to outside: who knows places, who reaches the cars, who carries mail, and the key for words."""

    places: PlaceFinder
    boundary: Boundary
    cars: Telematics
    mail: Mail
    seal: Seal


def city_folder(settings: dict[str, Any]) -> Path:
    """Where the bundled city's files are."""
    folder = ROOT / "cities" / settings["CITY"]
    if not folder.is_dir():
        raise Misconfigured(f"CITY is {settings['CITY']!r}: there is no such folder in cities/")
    return folder


def build_adapters(settings: dict[str, Any]) -> Adapters:
    """Choose by the settings. Raises Misconfigured for a service that is only half set up."""
    city = city_folder(settings)
    boundary = Boundary.load(city / "boundary.geojson")
    smtp = settings["SMTP_URL"]
    mail: Mail = SmtpMail(smtp) if smtp else MaildirMail(settings["PORTAL_HOME"] / "mail")
    return Adapters(
        places=_places(settings, city, boundary),
        boundary=boundary,
        cars=HttpTelematics(settings["TELEMATICS_URL"] or "http://127.0.0.1:8001", settings["TELEMATICS_TOKEN"]),
        mail=mail,
        seal=Seal(settings["WORDS_KEY"]),
    )


def _places(settings: dict[str, Any], city: Path, boundary: Boundary) -> PlaceFinder:
    if settings["GEOCODER"] == "gazetteer":
        return GazetteerFinder.load(city)
    online = {"nominatim": NominatimFinder, "photon": PhotonFinder}
    if settings["GEOCODER"] not in online:
        raise Misconfigured(f"GEOCODER is {settings['GEOCODER']!r}: set it to gazetteer, nominatim or photon")
    return online[settings["GEOCODER"]](
        boundary, user_agent=settings["GEOCODER_USER_AGENT"], domain=settings["GEOCODER_DOMAIN"] or None,
        cache=DatabaseCache())
