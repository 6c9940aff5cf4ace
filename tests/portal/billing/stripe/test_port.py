"""The payments port, once for both sides: the embedded Stripe, and Stripe itself when its test keys are in the environment."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.billing.commands import payments
from portal.billing.payments.port import PaymentsDown
from portal.billing.stripe.build import Processor, embedded_over, live_payments
from portal.billing.stripe.checks import CHECKS, Bench, expect
from portal.billing.stripe.embedded.memory import MemoryStore
from portal.billing.stripe.payments import StripePayments
from portal.billing.stripe.verify import FILE, verified_against_stripe, verify

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "whsec_only_for_tests"
CURE = ("SKIPPED: nothing here was verified against Stripe itself. Set STRIPE_SECRET_KEY to a key of Stripe's test mode and "
        "run it again, or run `flask payments verify`.")


def on_embedded() -> Bench:
    """The embedded Stripe in memory, on a clock that goes on only when somebody waits."""
    moment = [NOON]

    def wait(seconds: float) -> None:
        moment[0] += timedelta(seconds=max(seconds, 120))  # nobody's time is wasted: five seconds there are two minutes here

    made = embedded_over(MemoryStore(), clock=lambda: moment[0], webhook_secret=SECRET, checkout_base="http://localhost")
    return Bench(made.payments, SECRET, wait)


def on_stripe() -> Bench:
    """Stripe's test mode, by the keys in the environment. An event is signed here, so any webhook secret will do."""
    secret_key = os.environ.get("STRIPE_SECRET_KEY", "")
    if not secret_key.startswith(("sk_test_", "rk_test_")):
        pytest.skip(CURE)
    return Bench(live_payments(secret_key, SECRET).payments, SECRET, time.sleep)


@pytest.fixture(params=[on_embedded, on_stripe], ids=["embedded", "stripe"])
def bench(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.param()
    return made


@pytest.mark.filterwarnings("ignore")  # Stripe itself sends notices, which the SDK turns into warnings
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_stripe_does_what_the_port_promises(bench: Bench, check: Callable[[Bench], None]) -> None:
    check(bench)


# The command, and what it leaves behind.


def test_what_held_on_stripe_is_remembered_for_this_sdk_and_this_interface(tmp_path: Path) -> None:
    said: list[str] = []
    assert not verified_against_stripe(tmp_path)

    assert verify(on_embedded(), account="acct_1", home=tmp_path, at=NOON, say=said.append)

    assert [line[:8] for line in said] == ["ok      "] * len(CHECKS)
    assert verified_against_stripe(tmp_path)
    line = json.loads((tmp_path / FILE).read_text())
    assert (line["account"], line["at"], line["checks"]) == ("acct_1", NOON.isoformat(), [one.__name__ for one in CHECKS])
    (tmp_path / FILE).write_text(json.dumps(line | {"sdk_version": "15.0.0"}))
    assert not verified_against_stripe(tmp_path), "another SDK may do otherwise"
    (tmp_path / FILE).write_text("nonsense")
    assert not verified_against_stripe(tmp_path)


def test_what_fails_is_said_in_words_and_ends_what_was_verified_before(tmp_path: Path) -> None:
    def check_nothing(_: Bench) -> None:
        """Nothing is asked, and nothing is wrong."""

    def check_wrong(_: Bench) -> None:
        """Two and two are five."""
        expect(False, "they were four")

    def check_down(_: Bench) -> None:
        """Stripe answers."""
        raise PaymentsDown("no_answer")

    said: list[str] = []
    bench = on_embedded()
    assert verify(bench, account="acct_1", home=tmp_path, at=NOON, say=said.append, checks=[check_nothing])

    assert not verify(bench, account="acct_1", home=tmp_path, at=NOON, say=said.append, checks=[check_wrong, check_down])

    assert said == ["ok      Nothing is asked, and nothing is wrong.",
                    "FAILED  Two and two are five.\n        CheckFailed: they were four",
                    "FAILED  Stripe answers.\n        PaymentsDown: no_answer"]
    assert not verified_against_stripe(tmp_path)


@pytest.mark.parametrize(("keys", "says"), [
    ({"STRIPE_SECRET_KEY": ""}, "there is no Stripe to verify against: set STRIPE_SECRET_KEY"),
    ({"STRIPE_SECRET_KEY": "sk_live_1"}, "STRIPE_SECRET_KEY moves real money"),
    ({"STRIPE_SECRET_KEY": "rk_live_1"}, "STRIPE_SECRET_KEY moves real money"),
])
def test_the_command_tries_nothing_without_test_keys(tmp_path: Path, keys: dict[str, str], says: str) -> None:
    app = Flask("verify")
    app.config.update(keys, PORTAL_HOME=tmp_path, STRIPE_WEBHOOK_SECRET="whsec_1")
    answer = app.test_cli_runner().invoke(payments, ["verify"])
    assert answer.exit_code == 1
    assert says in answer.output


def test_the_command_says_when_stripe_does_not_take_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = embedded_over(MemoryStore(), clock=lambda: NOON, webhook_secret="whsec_1", checkout_base="http://localhost")
    assert embedded.embedded is not None
    refused = StripePayments(secret_key="rk_test_1", webhook_secret="whsec_1", http_client=embedded.embedded)
    monkeypatch.setattr("portal.billing.commands.live_payments", lambda *_: Processor(refused, None))
    app = Flask("verify")
    app.config.update(PORTAL_HOME=tmp_path, STRIPE_SECRET_KEY="rk_test_1", STRIPE_WEBHOOK_SECRET="whsec_1")
    answer = app.test_cli_runner().invoke(payments, ["verify"])
    assert answer.exit_code == 1
    assert "Stripe does not answer (key_http_401)" in answer.output
    assert not verified_against_stripe(tmp_path)
