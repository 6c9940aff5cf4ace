"""Settings: a half-configured site refuses to start and says what to do."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config import Misconfigured, load
from portal.adapters import build_adapters
from portal.messages.push import EmbeddedPush, WebPush
from portal.messages.sms import EmbeddedPhone, HttpSms

COMPLETE = {
    "APP_ENV": "production", "SECRET_KEY": "a" * 48, "WORDS_KEY": "b" * 43 + "=", "SERVER_NAMES": "cars.example",
    "DATABASE_URL": "postgresql://roundtrip@db/roundtrip", "TELEMATICS_URL": "https://gateway.example",
    "TELEMATICS_TOKEN": "c" * 32, "SMTP_URL": "smtp://mail.example", "SITE_URL": "https://cars.example",
    "STRIPE_SECRET_KEY": "sk_live_abc123", "STRIPE_PUBLISHABLE_KEY": "pk_live_abc123", "STRIPE_WEBHOOK_SECRET": "whsec_abc123",
}
SMS = {"SMS_URL": "https://sms.example/messages", "SMS_TOKEN": "secret-token", "SMS_FROM": "+13125550100"}
TEST_KEYS = {key: value.replace("_live_", "_test_") for key, value in COMPLETE.items() if key.startswith("STRIPE_")}


def loaded(home: Path, **environ: str) -> dict[str, object]:
    return load({"PORTAL_HOME": str(home)} | environ)


def test_a_complete_production_starts_without_the_demo_city(tmp_path: Path) -> None:
    settings = loaded(tmp_path, **COMPLETE)
    assert (settings["DEMO_CITY"], settings["DEMO_PASSWORD"], settings["SESSION_COOKIE_SECURE"]) == (False, "", True)
    assert settings["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://roundtrip@db/roundtrip"
    assert settings["SERVER_NAMES"] == ("cars.example",)
    assert not list(tmp_path.iterdir()), "production keeps no secrets of its own making"


def test_a_data_folder_named_from_where_one_stands_is_the_same_from_everywhere(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = loaded(Path("data"))
    assert settings["PORTAL_HOME"] == tmp_path / "data"
    assert str(tmp_path / "data") in str(settings["SQLALCHEMY_DATABASE_URI"])


def test_secrets_are_kept_also_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr("os.link", no_links)
    first, second = loaded(tmp_path)["SECRET_KEY"], loaded(tmp_path)["SECRET_KEY"]
    assert first == second
    assert (tmp_path / "secrets" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("missing", sorted(set(COMPLETE) - {"APP_ENV"}))
def test_production_without_one_of_its_settings_names_it(tmp_path: Path, missing: str) -> None:
    with pytest.raises(Misconfigured, match=f"production needs {missing}"):
        loaded(tmp_path, **{key: value for key, value in COMPLETE.items() if key != missing})


def test_what_production_lacks_is_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="SECRET_KEY, WORDS_KEY, DATABASE_URL"):
        loaded(tmp_path, APP_ENV="production")


@pytest.mark.parametrize(("wrong", "says"), [
    ({"DEMO_CITY": "1"}, "DEMO_CITY is on"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter"),
    ({"WORDS_KEY": "no key"}, "WORDS_KEY is no Fernet key"),
    ({"WORDS_KEY": f"{'b' * 43}=,no key"}, "WORDS_KEY is no Fernet key"),
    ({"WORDS_KEY": f"{'b' * 43}=, "}, "WORDS_KEY has an empty key"),
    ({"WORDS_KEY": f",{'b' * 43}="}, "WORDS_KEY has an empty key"),
    ({"DATABASE_URL": "mysql://db/roundtrip"}, "names no PostgreSQL"),
    ({"SITE_URL": "http://cars.example"}, "SITE_URL is .* write it as https://"),
    (TEST_KEYS, "STRIPE_SECRET_KEY is a test key"),
    ({"STRIPE_TEST_MODE": "1"}, "STRIPE_TEST_MODE is on and the keys are live"),
    (SMS | {"SMS_URL": "http://sms.example"}, "write it as https://"),
    ({"VAPID_PRIVATE_KEY": "b" * 43 + "="}, "VAPID_PRIVATE_KEY is set and VAPID_CONTACT is not"),
    ({"VAPID_CONTACT": "mailto:ops@cars.example"}, "VAPID_CONTACT is set and VAPID_PRIVATE_KEY is not"),
])
def test_production_refuses_what_is_not_fit_for_members(tmp_path: Path, wrong: dict[str, str], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        loaded(tmp_path, **COMPLETE | wrong)


@pytest.mark.parametrize(("half", "says"), [
    ({"APP_ENV": "staging"}, "one of demo, testing, production"),
    ({"TELEMATICS_URL": "http://gateway.example"}, "TELEMATICS_TOKEN is not"),
    ({"GEOCODER": "nominatim"}, "needs GEOCODER_USER_AGENT"),
    ({"GEOCODER": "photon"}, "needs GEOCODER_USER_AGENT"),
    ({"DATABASE_URL": "roundtrip.sqlite"}, "names no PostgreSQL"),
    ({"MAX_CONTENT_LENGTH": "1 MB"}, "a whole number"),
    ({"RATELIMIT_ENABLED": "maybe"}, "write it as 1 or 0"),
    ({"SMS_URL": "https://sms.example"}, "text messages are half set up, without SMS_TOKEN, SMS_FROM"),
    ({"SMS_URL": "https://sms.example", "SMS_FROM": "Roundtrip"}, "without SMS_TOKEN: set what is missing"),
    ({"SMS_TOKEN": "secret", "SMS_FROM": "Roundtrip"}, "without SMS_URL"),
    (SMS | {"SMS_URL": "sms.example"}, "SMS_URL is no address"),
    (SMS | {"SMS_URL": "https://sms.example/m?key=1"}, "SMS_URL is no address"),
    (SMS | {"SMS_FROM": "a name far too long"}, "SMS_FROM is no sender"),
    ({"APP_ENV": "testing", "VAPID_CONTACT": "mailto:ops@cars.example"}, "VAPID_CONTACT is set and VAPID_PRIVATE_KEY is not"),
    ({"VAPID_CONTACT": "ops@cars.example"}, "VAPID_CONTACT is nobody: write it as mailto:"),
    ({"VAPID_PRIVATE_KEY": "short"}, "VAPID_PRIVATE_KEY is none: it is 32 bytes"),
    ({"SITE_URL": "cars.example"}, "SITE_URL is 'cars.example'"),
    ({"SITE_URL": "https://cars.example/"}, "without a path or a slash"),
    ({"SITE_URL": "https://cars.example/portal"}, "without a path"),
    ({"SITE_URL": "https://cars.example?x=1"}, "without a path"),
    ({"SITE_URL": "https://user@cars.example"}, "write it as"),
    ({"SITE_URL": "https://cars.example:seven"}, "write it as"),
    ({"SITE_URL": "ftp://cars.example"}, "write it as"),
    (TEST_KEYS | {"STRIPE_SECRET_KEY": "pk_test_abc"}, "STRIPE_SECRET_KEY is none: it begins with sk_test_"),
    (TEST_KEYS | {"STRIPE_SECRET_KEY": "sk_test_"}, "STRIPE_SECRET_KEY is none"),
    (TEST_KEYS | {"STRIPE_SECRET_KEY": "sk_test_abc\n"}, "STRIPE_SECRET_KEY is none"),
    (TEST_KEYS | {"STRIPE_PUBLISHABLE_KEY": "sk_test_abc"}, "STRIPE_PUBLISHABLE_KEY is none: it begins with pk_test_"),
    (TEST_KEYS | {"STRIPE_WEBHOOK_SECRET": "we_123"}, "STRIPE_WEBHOOK_SECRET is none: it begins with whsec_"),
    (TEST_KEYS | {"STRIPE_SECRET_KEY": "sk_live_abc"}, "of different modes"),
    (TEST_KEYS | {"STRIPE_PUBLISHABLE_KEY": "pk_live_abc"}, "of different modes"),
    (TEST_KEYS | {"STRIPE_SECRET_KEY": "rk_live_abc", "STRIPE_PUBLISHABLE_KEY": "pk_live_abc"}, "DEMO_CITY is on"),
])
def test_half_a_setting_is_refused_with_its_cure(tmp_path: Path, half: dict[str, str], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        loaded(tmp_path, **half)


@pytest.mark.parametrize("missing", [
    ["STRIPE_SECRET_KEY"], ["STRIPE_PUBLISHABLE_KEY"], ["STRIPE_WEBHOOK_SECRET"],
    ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"],
])
def test_a_half_set_up_stripe_is_refused_and_what_it_lacks_is_named(tmp_path: Path, missing: list[str]) -> None:
    with pytest.raises(Misconfigured, match=f"without {', '.join(missing)}: set what is missing, or unset all three"):
        loaded(tmp_path, **{key: value for key, value in TEST_KEYS.items() if key not in missing})


def test_a_refusal_never_shows_a_key(tmp_path: Path) -> None:
    for key, wrong in [("STRIPE_WEBHOOK_SECRET", "abc123"), ("STRIPE_SECRET_KEY", "sk_live_abc123"),
                       ("STRIPE_PUBLISHABLE_KEY", "abc123"), ("VAPID_PRIVATE_KEY", "abc123")]:
        with pytest.raises(Misconfigured) as no:
            loaded(tmp_path, **TEST_KEYS | {key: wrong})
        assert "abc123" not in str(no.value)


@pytest.mark.parametrize("kind", ["sk_test_abc", "rk_test_abc"])
def test_the_demo_city_runs_on_test_keys(tmp_path: Path, kind: str) -> None:
    settings = loaded(tmp_path, **TEST_KEYS | {"STRIPE_SECRET_KEY": kind})
    assert (settings["STRIPE_SECRET_KEY"], settings["DEMO_CITY"]) == (kind, True)


def test_production_rehearses_on_test_keys_when_told_to(tmp_path: Path) -> None:
    assert loaded(tmp_path, **COMPLETE | TEST_KEYS | {"STRIPE_TEST_MODE": "1"})["STRIPE_TEST_MODE"] is True


@pytest.mark.parametrize(("environ", "address"), [
    ({}, "http://localhost:8000"),
    ({"PORT": "8400"}, "http://localhost:8400"),
    ({"SITE_URL": "http://192.0.2.7:8000"}, "http://192.0.2.7:8000"),
    ({"APP_ENV": "testing"}, "http://localhost"),
    (COMPLETE, "https://cars.example"),
])
def test_the_site_knows_its_own_address_without_being_asked(tmp_path: Path, environ: dict[str, str], address: str) -> None:
    assert loaded(tmp_path, **environ)["SITE_URL"] == address


def test_the_demo_city_keeps_its_phone_and_its_notifications_until_it_is_told_who_carries_them(tmp_path: Path) -> None:
    inside = build_adapters(loaded(tmp_path))
    assert (type(inside.sms), type(inside.push)) == (EmbeddedPhone, EmbeddedPush)
    outside = build_adapters(loaded(tmp_path, VAPID_CONTACT="mailto:ops@cars.example", **SMS))
    assert (type(outside.sms), type(outside.push)) == (HttpSms, WebPush)


def test_production_sends_no_text_and_no_notification_unless_it_is_set_up_for_them(tmp_path: Path) -> None:
    without = build_adapters(loaded(tmp_path, **COMPLETE))
    assert (without.sms, without.push) == (None, None)
    complete = COMPLETE | SMS | {"VAPID_CONTACT": "mailto:ops@cars.example", "VAPID_PRIVATE_KEY": "b" * 43 + "="}
    assert build_adapters(loaded(tmp_path, **complete)).sms is not None


def test_a_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as starts:
        found = {str(one["WORDS_KEY"]) for one in starts.map(lambda _: loaded(tmp_path), range(32))}
    assert len(found) == 1
    assert len(found.pop()) == 44
    kept = list((tmp_path / "secrets").iterdir())
    assert sorted(file.name for file in kept) == ["secret_key", "telematics_token", "vapid_private_key", "words_key"]
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o600}
