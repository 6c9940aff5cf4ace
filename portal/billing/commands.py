"""`flask payments`: is Stripe as we count on it, do its books agree with ours? `flask ledger`: do ours balance?"""

import time
from datetime import UTC, datetime
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from core.time import wall_now
from portal.billing.ledger.check import differences
from portal.billing.payments.events import events_since, replay
from portal.billing.payments.port import PaymentTrouble
from portal.billing.payments.reconcile import reconcile
from portal.billing.stripe.build import live_payments
from portal.billing.stripe.checks import Bench
from portal.billing.stripe.errors import asking
from portal.billing.stripe.payments import StripePayments, is_live
from portal.billing.stripe.verify import verify

payments = AppGroup("payments", help="Money on cards.")


@payments.command("verify")
def verify_payments() -> None:
    """Try everything we ask of Stripe in its test mode, a line a check; ends with 1 when one fails. Takes a minute or two."""
    bench = Bench(_on_test_keys(current_app.config), current_app.config["STRIPE_WEBHOOK_SECRET"], time.sleep)
    try:
        with asking():
            account = bench.payments.client.v1.accounts.retrieve_current().id
    except PaymentTrouble as no:
        raise click.ClickException(f"Stripe does not answer ({no.code}): look at STRIPE_SECRET_KEY and the way there") from no
    if not verify(bench, account=account, home=current_app.config["PORTAL_HOME"], at=wall_now(), say=click.echo):
        raise click.ClickException("not verified: what failed stands above")
    click.echo(f"Verified against Stripe's test mode, account {account}.")


def _on_test_keys(settings: dict[str, Any]) -> StripePayments:
    secret_key = settings["STRIPE_SECRET_KEY"]
    if not secret_key:
        raise click.ClickException("there is no Stripe to verify against: set STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and "
                                   "STRIPE_WEBHOOK_SECRET to those of Stripe's test mode")
    if is_live(secret_key):
        raise click.ClickException("STRIPE_SECRET_KEY moves real money: set the three to those of Stripe's test mode")
    return live_payments(secret_key, settings["STRIPE_WEBHOOK_SECRET"]).payments


@payments.command("replay")
@click.argument("events", nargs=-1)
@click.option("--since", type=click.DateTime(), help="Instead of naming events: all received since then (UTC).")
def replay_events(events: tuple[str, ...], since: datetime | None) -> None:
    """Take webhooks in again that were kept; doing so twice changes nothing."""
    chosen = list(events) or (events_since(since.replace(tzinfo=UTC)) if since else [])
    if not chosen:
        raise click.ClickException("name events (evt_…), or give --since 2026-11-22")
    click.echo(f"{replay(chosen)} events will be taken in again")


@payments.command("reconcile")
@click.option("--since", type=click.DateTime(), help="From when on (UTC); left out, from a little before the last time.")
def reconcile_now(since: datetime | None) -> None:
    """Read Stripe's books and compare them with ours; ends with 1 when they differ."""
    different = reconcile(current_app.extensions["adapters"].payments, since=since.replace(tzinfo=UTC) if since else None)
    if different:
        raise click.ClickException(f"{different} lines of Stripe's books are not in ours: see Reconciliation at the office")
    click.echo("Stripe's books and ours agree.")


ledger = AppGroup("ledger", help="The books.")


@ledger.command("check")
def check() -> None:
    """Count every balance again from the rows; ends with 1 when one differs."""
    found = differences()
    for one in found:
        click.echo(f"{one.what} {one.id}: kept {one.kept} cents, counted {one.counted}")
    if found:
        raise click.ClickException(f"{len(found)} balances do not follow from the ledger: compare with a backup")
    click.echo("The ledger balances.")
