"""The outside world in one dataclass, chosen by the settings when the app starts."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from config import ROOT, Misconfigured
from core.files import DiskFiles, Files
from core.sealed import Seal
from core.time import now
from fleet.office import Office, read_office
from fleet.telematics.http import HttpTelematics
from fleet.telematics.port import Telematics
from portal.billing.payments.port import Payments
from portal.billing.stripe.build import Processor, embedded_payments, live_payments
from portal.billing.stripe.embedded.client import EmbeddedStripe
from portal.licence.port import HttpCheck, LicenceCheck, OnlyPeople, OwnRules
from portal.messages.mail import Mail, MaildirMail, SmtpMail
from portal.messages.push import EmbeddedPush, Push, WebPush
from portal.messages.sms import EmbeddedPhone, HttpSms, Sms
from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.gazetteer import GazetteerFinder
from reservations.search.geocoding.online import NominatimFinder, PhotonFinder
from reservations.search.geocoding.port import PlaceFinder
from reservations.search.place_cache import DatabaseCache


@dataclass(frozen=True)
class Adapters:
    """Whom we talk to outside: who knows places, where our office is, who reaches the cars, who carries mail, notifications and
    text messages (no one, where the site is set up without), who moves money (and the embedded Stripe behind it, when there is
    one), who looks at licences, where sent files lie, and the key for words and files."""

    places: PlaceFinder
    boundary: Boundary
    office: Office
    cars: Telematics
    mail: Mail
    push: Push | None
    sms: Sms | None
    payments: Payments
    stripe: EmbeddedStripe | None
    licences: LicenceCheck
    files: Files
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
    processor = _processor(settings)
    return Adapters(
        places=_places(settings, city, boundary),
        boundary=boundary,
        office=read_office(city / "office.csv"),
        cars=HttpTelematics(settings["TELEMATICS_URL"] or "http://127.0.0.1:8001", settings["TELEMATICS_TOKEN"]),
        mail=mail,
        push=_push(settings),
        sms=_sms(settings),
        payments=processor.payments,
        stripe=processor.embedded,
        licences=_licences(settings),
        files=DiskFiles(settings["PORTAL_HOME"] / "files"),
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


def _push(settings: dict[str, Any]) -> Push | None:
    """Web Push where VAPID_CONTACT says who answers for it; else the embedded tray, which production does without."""
    if settings["VAPID_CONTACT"]:
        return WebPush(settings["VAPID_PRIVATE_KEY"], settings["VAPID_CONTACT"])
    return None if settings["APP_ENV"] == "production" else EmbeddedPush(settings["PORTAL_HOME"] / "push")


def _sms(settings: dict[str, Any]) -> Sms | None:
    """A provider where SMS_URL names one; else the embedded phone, which production does without."""
    if settings["SMS_URL"]:
        return HttpSms(settings["SMS_URL"], settings["SMS_TOKEN"], settings["SMS_FROM"])
    return None if settings["APP_ENV"] == "production" else EmbeddedPhone(settings["PORTAL_HOME"] / "phone")


def _licences(settings: dict[str, Any]) -> LicenceCheck:
    """A service where LICENCE_CHECK_URL names one; else the demo city's own rules, which in production would let anybody in."""
    if settings["LICENCE_CHECK_URL"]:
        return HttpCheck(settings["LICENCE_CHECK_URL"], settings["LICENCE_CHECK_TOKEN"])
    return OnlyPeople() if settings["APP_ENV"] == "production" else OwnRules()


def _processor(settings: dict[str, Any]) -> Processor:
    """Stripe with the keys of the settings, or the embedded one: its secret and the dice of its ids come from ours."""
    if settings["STRIPE_SECRET_KEY"]:
        return live_payments(settings["STRIPE_SECRET_KEY"], settings["STRIPE_WEBHOOK_SECRET"])
    webhooks, ids = (hmac.new(settings["SECRET_KEY"].encode(), f"embedded stripe: {what}".encode(), sha256).hexdigest()
                     for what in ("webhooks", "ids"))
    return embedded_payments(
        settings["PORTAL_HOME"] / "stripe.sqlite", clock=now, webhook_secret=f"whsec_{webhooks}",
        checkout_base=settings["SITE_URL"], seed=int(ids, 16), disorder=not settings.get("TESTING", False))
