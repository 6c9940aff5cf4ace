"""`create_app()`: the table of contents. Which rooms there are, and the shell around them."""

from typing import Any

from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import portal.models  # noqa: F401 - every table, so that migrations and foreign keys see them all
from config import load
from core.database import db, engine_options
from demo.commands import demo
from experience.asks import arrival
from experience.asks.ask_views import bp as asks
from experience.asks.views import bp as notes
from experience.cases.open import has_open_case
from experience.cases.views import bp as cases
from experience.cases.views.fixes import bp as fixes
from experience.cases.views.fixes import told as you_said
from experience.desk.ask_audience import members_of_audience
from experience.desk.ask_news_views import bp as cx_asks
from experience.desk.views import bp as cx_desk
from experience.insight.commands import experience
from experience.record.page_views import PageViews
from fleet.commands import fleet
from fleet.desk.fobs import bp as fleet_fobs
from fleet.desk.views import bp as fleet_desk
from portal.account import signing
from portal.account.account_lines import own_lines, users_own_lines
from portal.account.commands import staff
from portal.account.contact.in_force import news_choice
from portal.account.contact.views import bp as contact
from portal.account.contact.views import one_click
from portal.account.leave.views import bp as leave
from portal.account.member_facts import member_facts
from portal.account.needs.views import bp as needs
from portal.account.profile.views import bp as profile
from portal.account.security.views import bp as security
from portal.account.tier.account_lines import tier_lines
from portal.account.tier.views import bp as tier
from portal.account.views import bp as account
from portal.adapters import build_adapters
from portal.api import views as api
from portal.api.account_lines import token_lines
from portal.api.commands import api as api_tokens
from portal.api.token_views import bp as tokens
from portal.billing.account_lines import money_lines
from portal.billing.adjustments.words import not_given
from portal.billing.cards.views import bp as cards
from portal.billing.commands import ledger, payments
from portal.billing.disputes.views import bp as disputes
from portal.billing.notices.views import bp as notices
from portal.billing.payers.invite import withdraw_invitations
from portal.billing.payers.leaving import money_in_the_way
from portal.billing.payments.at_leaving import money_at_leaving, send_owed_back
from portal.billing.remedies.words import happened, says, sum_of
from portal.billing.statements.views import bp as statements
from portal.billing.stripe.views import bp as stripe
from portal.billing.stripe.views import webhook
from portal.billing.words import label as line_label
from portal.business.account_lines import business_lines, driver_lines
from portal.business.household import bp as drivers
from portal.business.invitation import invitation  # noqa: F401 - it hangs its page into the blueprint of drivers
from portal.business.views import bp as business
from portal.commands import audit, jobs, work
from portal.desk.applications import bp as reviews
from portal.desk.help import bp as help_desk
from portal.desk.tiers import bp as tiers
from portal.desk.views import bp as office
from portal.help.commands import help_commands
from portal.help.remarks.views import bp as help_remarks
from portal.help.suggestions.views import bp as help_suggestions
from portal.help.views import bp as help_pages
from portal.licence.account_lines import licence_lines
from portal.licence.views import bp as licence
from portal.membership.account_lines import plan_lines
from portal.membership.pages import bp as membership
from portal.messages.account_lines import inbox_lines
from portal.messages.audit import outside_choices
from portal.messages.commands import messages as messages_commands
from portal.messages.inbox import letters_read
from portal.messages.reconcile import MAILED
from portal.messages.sent import messages_to
from portal.messages.views import bp as messages
from portal.privacy.account_lines import data_lines, users_data_lines
from portal.privacy.views import bp as privacy
from portal.signup.pages import bp as join
from portal.site.account_lines import promise_lines
from portal.site.promises import bp as promises
from portal.site.taxi import bp as taxi
from portal.site.views import bp as site
from portal.web import assets, errors, headers, help_here, limits, page, say, shell, uploads, words
from portal.web.beacon import bp as beacon
from portal.web.beacon import tell as tell_beacon
from portal.web.bodies import WholeBodies
from portal.web.schemas import bp as schemas
from reservations.booking.account_lines import trip_lines
from reservations.booking.change.views import bp as change
from reservations.booking.codes import bp as codes
from reservations.booking.leaving import drivers_trips_in_the_way, trips_in_the_way
from reservations.booking.moves.views import bp as moves
from reservations.booking.queries import car_and_day, facts_of_trip, is_at_the_car, is_driving, is_first_booking, trip_facts
from reservations.booking.views import bp as booking
from reservations.favourites.views import bp as favourites
from reservations.feed.views import bp as feed
from reservations.fob.account_lines import fob_lines
from reservations.fob.leaving import let_fob_go, told_of_fob
from reservations.fob.views import bp as fob
from reservations.fuel.views import bp as fuel
from reservations.insurance.views import bp as insurance
from reservations.search.views import bp as search
from reservations.series.views import bp as series
from reservations.trip.views import bp as trips
from reservations.trip.worth import bp as worth
from reservations.waitlist.views import bp as waitlist

PAGES = (site, join, promises, taxi, account, profile, needs, security, tokens, leave, membership, search, booking, change,
         moves, waitlist, series, trips, favourites, feed, fob, codes, fuel, insurance, licence, tier, tiers, cards, drivers,
         business, statements, disputes, notices, worth, stripe, contact, messages, help_pages, help_suggestions, help_remarks,
         notes, asks, cx_asks, fleet_desk, fleet_fobs, cx_desk, office, help_desk, reviews, privacy, beacon, schemas, cases,
         fixes, you_said)
COMMANDS = (api_tokens, audit, demo, experience, fleet, help_commands, jobs, ledger, messages_commands, payments, staff, work)


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """The application. `settings` are the environment's unless given. Raises config.Misconfigured."""
    app = Flask("portal", root_path=str(assets.STATIC.parent / "portal"), template_folder="../templates",
                static_folder=None)
    app.config.update(settings if settings is not None else load())
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

    app.wsgi_app = WholeBodies(app.wsgi_app, at_once=app.config["REQUESTS_AT_ONCE"])  # type: ignore[method-assign]  # as below
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]  # as Werkzeug says

    db.init_app(app)
    Migrate(app, db, directory=str(assets.STATIC.parent / "migrations"))
    words.install(app)
    uploads.install(app)
    csrf = CSRFProtect(app)
    Compress(app)
    limits.install(app)

    app.extensions["adapters"] = build_adapters(app.config)
    app.extensions["page_views"] = PageViews(app)
    app.extensions["has_open_case"] = has_open_case
    app.extensions["outside_choices"] = outside_choices  # (since, until): what went outside its member's choices
    app.extensions["letters_read"] = letters_read  # whoever read a conversation has read our letters about it
    app.extensions["messages_to"] = messages_to  # what was written to a member, for the replay of a case
    app.extensions["reconciled"] = (MAILED,)  # what is beside its step events besides the rows that insight knows itself
    app.extensions["trip_facts"] = trip_facts  # what a note may carry of a trip, for rooms below reservations
    app.extensions |= {  # what the ask gate knows of a member
        "facts_of_trip": facts_of_trip, "car_and_day": car_and_day, "is_driving": is_driving, "is_at_the_car": is_at_the_car,
        "is_first_booking": is_first_booking, "member_facts": member_facts, "news_choice": news_choice,
        "members_of_audience": members_of_audience}
    app.extensions["account_lines"] = (  # what the account page lists, each room's own
        plan_lines, money_lines, trip_lines, fob_lines, driver_lines, tier_lines, licence_lines, promise_lines,
        own_lines, inbox_lines, token_lines, data_lines)
    app.extensions["users_account_lines"] = (business_lines, users_own_lines, users_data_lines)  # of who is no member
    app.extensions["in_the_way_of_leaving"] = (trips_in_the_way, drivers_trips_in_the_way, money_in_the_way)
    app.extensions |= {"told_at_leaving": (money_at_leaving, told_of_fob),
                       "done_at_leaving": (send_owed_back, let_fob_go, withdraw_invitations)}

    headers.install(app)
    signing.install(app)
    page.install(app)
    assets.install(app)
    errors.install(app)
    say.install(app)
    shell.install(app)
    help_here.install(app)
    arrival.install(app)
    app.jinja_env.filters["line_label"] = line_label
    app.jinja_env.filters |= {"promise_says": says, "promise_happened": happened, "remedy_sum": sum_of, "not_given": not_given}
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    api.install(app, csrf)
    csrf.exempt(webhook)  # a machine: its signature speaks for it
    csrf.exempt(one_click)  # a mail program: the signed link speaks for it (RFC 8058)
    csrf.exempt(tell_beacon)  # sends no form: the signed page that it is about speaks for it
    for group in COMMANDS:
        app.cli.add_command(group)
    return app
