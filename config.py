"""Settings, one class per place the site runs. Production secrets have no default."""

import os
import re
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

ROOT = Path(__file__).parent


class Misconfigured(RuntimeError):
    """A setting is missing or contradicts another; the message says which and what to do."""


class Config:
    """What every place shares. An environment variable of the same name overrides a setting."""

    APP_ENV = "demo"
    DEMO_CITY = True
    DEMO_PASSWORD = "roundtrip-demo-2026"  # noqa: S105 - printed by `make run` and refused in production
    CITY = "chicago"
    SERVER_NAMES = ("localhost", "127.0.0.1")
    TRUSTED_PROXIES = 0  # how many stand in front: their word counts for who asks and whether it was https
    MAX_CONTENT_LENGTH = 1 * 1024 * 1024
    REQUESTS_AT_ONCE = 4  # of each web process; who still sends their form is not among them
    MAX_FORM_MEMORY_SIZE = 500_000
    SESSION_COOKIE_NAME = "roundtrip"
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_SECURE = False
    REMEMBER_COOKIE_NAME = "roundtrip_remember"
    REMEMBER_COOKIE_HTTPONLY = True
    REMEMBER_COOKIE_SAMESITE = "Lax"
    REMEMBER_COOKIE_SECURE = False
    REMEMBER_COOKIE_DURATION = 30 * 24 * 3600
    BABEL_DEFAULT_LOCALE = "en_US"
    WTF_CSRF_TIME_LIMIT = None  # the token lives as long as the session it is tied to
    STEP_UP_MINUTES = 10  # how old a proof of who is there may be on sensitive pages
    STAFF_SECOND_FACTOR = True  # staff sign in with two factors; only the demo city and tests may do without
    RATELIMIT_ENABLED = True
    RATELIMIT_STORAGE_URI = "memory://"
    TELEMATICS_URL = ""
    TELEMATICS_TOKEN = ""
    GEOCODER = "gazetteer"
    GEOCODER_USER_AGENT = ""
    GEOCODER_DOMAIN = ""
    MAP_STYLE_URL = ""
    SMTP_URL = ""
    MAIL_FROM = "Roundtrip <hello@roundtrip.example>"
    HELP_MAIL = "help@roundtrip.example"  # where people write to us; answers to it reach `flask help take-mail`
    HELP_MAIL_CHECKED_BY = ""  # the name of our mail server in its Authentication-Results; without it no sender is proven
    SMS_URL = ""  # all three, or none: then text messages stay in the demo city's phone, and production sends none
    SMS_TOKEN = ""
    SMS_FROM = ""
    LICENCE_CHECK_URL = ""  # both, or none: then the demo city has rules of its own, and in production people look at licences
    LICENCE_CHECK_TOKEN = ""
    VAPID_CONTACT = ""  # mailto: or https: of whoever answers for our notifications; without it none leave this site
    VAPID_PRIVATE_KEY = ""  # 32 bytes in URL-safe base64; a new one makes every device unsubscribe
    SITE_URL = ""  # where Stripe sends members back to; never taken from a request
    STRIPE_SECRET_KEY = ""  # all three, or none: then the embedded Stripe
    STRIPE_PUBLISHABLE_KEY = ""
    STRIPE_WEBHOOK_SECRET = ""
    STRIPE_TEST_MODE = False  # production may run on test keys, for a rehearsal


class Demo(Config):
    """The demo city on one machine: embedded services, secrets made once and kept beside the data."""


class Testing(Config):
    """Tests: no rate limits unless a test asks for them."""

    APP_ENV = "testing"
    TESTING = True
    SECRET_KEY = "testing-only-and-long-enough-to-be-accepted"  # noqa: S105 - signs nothing outside a test
    WORDS_KEY = "x" * 43 + "="
    TELEMATICS_TOKEN = "testing"  # noqa: S105 - reaches only a test's own car player
    SITE_URL = "http://localhost"
    RATELIMIT_ENABLED = False
    REQUESTS_AT_ONCE = 64  # a test's own threads are its crowd
    STAFF_SECOND_FACTOR = False  # their tests turn it on


class Production(Config):
    """The real thing: every secret comes from the environment, cookies need https, and nothing is simulated."""

    APP_ENV = "production"
    DEMO_CITY = False
    DEMO_PASSWORD = ""
    SESSION_COOKIE_NAME = "__Host-roundtrip"
    SESSION_COOKIE_SECURE = True
    REMEMBER_COOKIE_NAME = "__Host-roundtrip_remember"
    REMEMBER_COOKIE_SECURE = True
    REQUIRED = ("SECRET_KEY", "WORDS_KEY", "DATABASE_URL", "SERVER_NAMES", "TELEMATICS_URL", "TELEMATICS_TOKEN",
                "SMTP_URL", "SITE_URL", "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET")


YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
STRIPE_SHAPES = {
    "STRIPE_SECRET_KEY": (r"(sk|rk)_(test|live)_\w+", "sk_test_, sk_live_, rk_test_ or rk_live_"),
    "STRIPE_PUBLISHABLE_KEY": (r"pk_(test|live)_\w+", "pk_test_ or pk_live_"),
    "STRIPE_WEBHOOK_SECRET": (r"whsec_\S+", "whsec_"),
}
PLACES = {"demo": Demo, "testing": Testing, "production": Production}


def load(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The settings for this place. Raises Misconfigured, naming what is missing and the cure."""
    place = environ.get("APP_ENV", "demo")
    if place not in PLACES:
        raise Misconfigured(f"APP_ENV is {place!r}: set it to one of {', '.join(PLACES)}")
    settings = {key: getattr(PLACES[place], key) for key in dir(PLACES[place]) if key.isupper()}
    home = Path(environ.get("PORTAL_HOME", ROOT / "instance")).resolve()
    settings["PORTAL_HOME"] = home
    settings["DATABASE_URL"] = ""
    for key, value in environ.items():
        if (key in settings and key != "PORTAL_HOME") or key in ("SECRET_KEY", "WORDS_KEY"):
            settings[key] = _typed(key, value, settings.get(key))
    if place == "production":
        _demand_everything(settings, environ)
    if settings["TELEMATICS_URL"] and not settings["TELEMATICS_TOKEN"]:
        raise Misconfigured("TELEMATICS_URL is set and TELEMATICS_TOKEN is not: the cars listen to nobody without it")
    if place == "demo":
        home.mkdir(parents=True, exist_ok=True)
        for key in ("SECRET_KEY", "WORDS_KEY", "TELEMATICS_TOKEN", "VAPID_PRIVATE_KEY"):
            settings[key] = settings.get(key) or _kept_secret(home, key.lower())
        settings["SITE_URL"] = settings["SITE_URL"] or f"http://localhost:{environ.get('PORT') or 8000}"
    if settings["GEOCODER"] in ("nominatim", "photon") and not settings["GEOCODER_USER_AGENT"]:
        raise Misconfigured(f"GEOCODER={settings['GEOCODER']} needs GEOCODER_USER_AGENT: name your site and a contact")
    _check_words_key(settings["WORDS_KEY"])
    _check_site_url(settings)
    _check_sms(settings)
    _check_licence_check(settings)
    _check_push(settings)
    _check_stripe(settings)
    settings["SQLALCHEMY_DATABASE_URI"] = database_url(settings["DATABASE_URL"], home)
    return settings


def _typed(key: str, value: str, default: Any) -> Any:
    if isinstance(default, bool):
        if value.lower() not in (*YES, *NO):
            raise Misconfigured(f"{key} is {value!r}: write it as 1 or 0")
        return value.lower() in YES
    if isinstance(default, int):
        if not value.isdecimal():
            raise Misconfigured(f"{key} is {value!r}: it is a whole number")
        return int(value)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _demand_everything(settings: dict[str, Any], environ: Mapping[str, str]) -> None:
    missing = [key for key in Production.REQUIRED if not environ.get(key)]
    if missing:
        raise Misconfigured(f"production needs {', '.join(missing)}: set them in the environment and start again")
    if settings["DEMO_CITY"]:
        raise Misconfigured("DEMO_CITY is on: production serves real members, unset it")
    if not settings["STAFF_SECOND_FACTOR"]:
        raise Misconfigured("STAFF_SECOND_FACTOR is off: who works on real members' data signs in with two factors, unset it")
    if len(settings["SECRET_KEY"]) < 32:
        raise Misconfigured("SECRET_KEY is shorter than 32 characters: make one with `openssl rand -base64 48`")


def _check_words_key(said: str) -> None:
    keys = [key.strip() for key in said.split(",")]
    if len(keys) > 1 and not all(keys):
        raise Misconfigured("WORDS_KEY has an empty key: commas part the keys, none stands before the first or after the last")
    if not all(_is_fernet_key(key) for key in keys):
        raise Misconfigured("WORDS_KEY is no Fernet key: make one with `openssl rand -base64 32 | tr +/ -_`; of several, the "
                            "newest stands first, and commas part them")


def _check_site_url(settings: dict[str, Any]) -> None:
    said, scheme = settings["SITE_URL"], "https" if settings["APP_ENV"] == "production" else "https?"
    if said and not re.fullmatch(rf"{scheme}://[a-z0-9.-]+(:[0-9]{{1,5}})?", said):
        raise Misconfigured(f"SITE_URL is {said!r}: write it as https://cars.example, without a path or a slash at its end")


def _check_sms(settings: dict[str, Any]) -> None:
    """All three or none; over https in production. The token is never said."""
    missing = [key for key in ("SMS_URL", "SMS_TOKEN", "SMS_FROM") if not settings[key]]
    if len(missing) == 3:
        return
    if missing:
        raise Misconfigured(f"text messages are half set up, without {', '.join(missing)}: set what is missing, or unset all "
                            "three to do without")
    scheme = "https" if settings["APP_ENV"] == "production" else "https?"
    if not re.fullmatch(rf"{scheme}://[A-Za-z0-9.-]+(:[0-9]{{1,5}})?(/[^\s?#]*)?", settings["SMS_URL"]):
        raise Misconfigured("SMS_URL is no address of a provider: write it as https://sms.example/messages")
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11}|[0-9]{4,8}", settings["SMS_FROM"]):
        raise Misconfigured("SMS_FROM is no sender: a number like +13125550123, a short code, or a name of at most 11 letters")


def _check_licence_check(settings: dict[str, Any]) -> None:
    """Both or none; over https in production. The token is never said."""
    url, token = settings["LICENCE_CHECK_URL"], settings["LICENCE_CHECK_TOKEN"]
    if bool(url) is not bool(token):
        raise Misconfigured(f"the check of licences is half set up, without LICENCE_CHECK_{'TOKEN' if url else 'URL'}: set "
                            "what is missing, or unset both to do without")
    scheme = "https" if settings["APP_ENV"] == "production" else "https?"
    if url and not re.fullmatch(rf"{scheme}://[A-Za-z0-9.-]+(:[0-9]{{1,5}})?(/[^\s?#]*)?", url):
        raise Misconfigured("LICENCE_CHECK_URL is no address of a service: write it as https://check.example/licences")


def _check_push(settings: dict[str, Any]) -> None:
    """A contact and a key, or neither; only the demo city makes its own key. The key is never said."""
    contact, key = settings["VAPID_CONTACT"], settings["VAPID_PRIVATE_KEY"]
    if contact and not key:
        raise Misconfigured("VAPID_CONTACT is set and VAPID_PRIVATE_KEY is not: make one with "
                            "`openssl rand -base64 32 | tr +/ -_` and keep it, every device subscribes to it")
    if key and not contact and settings["APP_ENV"] == "production":
        raise Misconfigured("VAPID_PRIVATE_KEY is set and VAPID_CONTACT is not: push services ask whom to write to, "
                            "as mailto:ops@cars.example")
    if contact and not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+|https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", contact):
        raise Misconfigured("VAPID_CONTACT is nobody: write it as mailto:ops@cars.example")
    if key and not _is_fernet_key(key + "=" * (-len(key) % 4)):
        raise Misconfigured("VAPID_PRIVATE_KEY is none: it is 32 bytes in URL-safe base64. Make one with "
                            "`openssl rand -base64 32 | tr +/ -_`")


def _check_stripe(settings: dict[str, Any]) -> None:
    """All three keys or none, of the right shapes and of one mode. The keys themselves are never said."""
    missing = [key for key in STRIPE_SHAPES if not settings[key]]
    if len(missing) == len(STRIPE_SHAPES):
        return
    if missing:
        raise Misconfigured(f"Stripe is half set up, without {', '.join(missing)}: set what is missing, or unset all three "
                            "to use the embedded Stripe")
    for key, (shape, begins) in STRIPE_SHAPES.items():
        if not re.fullmatch(shape, settings[key], re.ASCII):
            raise Misconfigured(f"{key} is none: it begins with {begins}. Copy it from Stripe's dashboard again")
    live, also_live = ("_live_" in settings[key][:8] for key in ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"))
    if live is not also_live:
        raise Misconfigured("STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are of different modes: take both from test mode, "
                            "or both from live mode")
    if live and settings["DEMO_CITY"]:
        raise Misconfigured("STRIPE_SECRET_KEY moves real money and DEMO_CITY is on: take test keys for the demo city")
    if settings["APP_ENV"] == "production" and live is settings["STRIPE_TEST_MODE"]:
        raise Misconfigured("STRIPE_TEST_MODE is on and the keys are live: unset it" if live else
                            "STRIPE_SECRET_KEY is a test key: production takes a live one, or STRIPE_TEST_MODE=1 to rehearse")


def _kept_secret(home: Path, name: str) -> str:
    """A secret made on first use and kept in the data folder, readable by its owner only.

    Several processes may start at once: the whole file appears under its name in one moment, and the first one counts.
    Where the folder knows no hard links, it is written under its name at once.
    """
    path = home / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        secret = secrets.token_urlsafe(32) + "="  # 32 bytes in URL-safe base64: what Fernet takes as a key
        with suppress(FileExistsError), NamedTemporaryFile("w", dir=path.parent) as file:  # made with mode 600
            file.write(secret)
            file.flush()
            try:
                os.link(file.name, path)
            except FileExistsError:
                raise
            except OSError:  # no hard links here
                kept = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                os.write(kept, secret.encode())
                os.close(kept)
    return path.read_text()


def _is_fernet_key(key: str) -> bool:
    try:
        return len(urlsafe_b64decode(key)) == 32
    except ValueError:
        return False


def database_url(url: str, home: Path) -> str:
    """The address SQLAlchemy takes: SQLite in the data folder unless `url` names PostgreSQL."""
    if url and not url.startswith(("postgres://", "postgresql://")):
        raise Misconfigured("DATABASE_URL names no PostgreSQL: postgresql://user:password@host/name, or leave it out")
    if not url:
        return f"sqlite:///{home / 'roundtrip.sqlite'}"
    return url.replace("postgres://", "postgresql://").replace("postgresql://", "postgresql+psycopg://")
