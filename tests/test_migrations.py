"""The schema: every migration runs both ways with data, models and schema agree, every constraint really refuses."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Engine,
    ForeignKeyConstraint,
    UniqueConstraint,
    column,
    func,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError

import portal.models  # noqa: F401 - every table
from core.database import db
from core.ids import new_id
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.models import POLICY_UNITS
from portal.app import create_app
from tests.conftest import DATABASES, fresh_database, settings_for
from tests.factories import NOON
from tests.ordinary_rows import FORMERLY, ID, LATER, ORDINARY, SECOND

TABLES = db.metadata.tables
TRIGGERS = {
    "one_driver_at_a_time": "occupancies",  # PostgreSQL: an exclusion constraint
    "spans_never_move": "occupancies",
    "audit_append_only_update": "audit",
    "audit_append_only_delete": "audit",
    "events_append_only_update": "events",
    "ledger_append_only_update": "ledger",
    "ledger_append_only_delete": "ledger",
    "ledger_keeps_balances": "ledger",
    "lookups_append_only_update": "lookups",
    "lookups_append_only_delete": "lookups",
    "settled_for_good": "promises",
    "corrected_for_good": "promise_corrections",
    **{f"{table}_stamp_{change}": table for table in ("tariffs", "policies") for change in ("insert", "update", "delete")},
}


# Up, down, up.

@pytest.fixture(params=DATABASES)
def empty(request, tmp_path) -> Iterator[Flask]:
    """An app on a database that nobody has migrated."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres").create("empty")
    app = create_app(settings_for(tmp_path, url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    if url:
        request.getfixturevalue("postgres").drop("empty")


def _revisions() -> list[str]:
    return [script.revision for script in ScriptDirectory("migrations").walk_revisions()][::-1]


def _tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) & set(TABLES)


def _counts() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {name: connection.execute(select(func.count()).select_from(TABLES[name])).scalar_one()
                for name in _tables()}


def _fill(names: set[str]) -> None:
    with db.engine.begin() as connection:
        for name in ORDINARY:
            if name in names - {"rules_stamp"}:  # which has its one row from its migration
                there = {one["name"] for one in inspect(connection).get_columns(name)}  # older tables lack what came later
                known = [one for one in TABLES[name].columns if one.name in there]
                given = {one.name: one.default.arg for one in known if one.default is not None and one.default.is_scalar}
                row = {key: value for key, value in (given | ORDINARY[name]).items() if key in there}
                former = {was: one for was, one in FORMERLY.get(name, {}).items() if was in there}
                row |= {was: ORDINARY[name][one] for was, one in former.items()}
                kinds = {one.name: one.type for one in known} | {was: TABLES[name].c[one].type for was, one in former.items()}
                connection.execute(table(name, *(column(one, kind) for one, kind in kinds.items())).insert(), row)


def test_each_migration_goes_up_down_and_up_again_and_older_data_stays(empty):
    before = "base"
    for revision in _revisions():
        older = _counts()
        upgrade(revision=revision)
        new = _tables() - older.keys()
        _fill(new)
        downgrade(revision=before)
        assert _counts() == older
        upgrade(revision=revision)
        _fill(new)
        assert _counts() == older | dict.fromkeys(new, 1)
        before = revision
    assert _counts() == dict.fromkeys(TABLES, 1)
    downgrade(revision="base")
    assert _tables() == set()


def test_what_was_written_to_members_is_sealed_by_its_migration_and_open_again_below_it(empty):
    sealed = next(each for each in ScriptDirectory("migrations").walk_revisions() if each.path.endswith("sealed_letters.py"))
    before = sealed.down_revision
    upgrade(revision=before)
    _fill({"users", "members", "messages"})
    words = text("SELECT body FROM messages")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET body = 'You wrote: the seat is wet'"))
    upgrade(revision=sealed.revision)
    with db.engine.connect() as connection:
        kept = connection.execute(words).scalar_one()
    assert "seat" not in kept
    assert current_app.extensions["adapters"].seal.open(kept) == "You wrote: the seat is wet"
    downgrade(revision=before)
    with db.engine.connect() as connection:
        assert connection.execute(words).scalar_one() == "You wrote: the seat is wet"


def test_a_promise_that_was_corrected_is_kept_again_below_its_migration(empty):
    corrections = next(each for each in ScriptDirectory("migrations").walk_revisions()
                       if each.path.endswith("promise_corrections.py"))
    upgrade(revision=corrections.revision)
    _fill(_tables())  # the ordinary promise is a broken one, and has a correction
    downgrade(revision=corrections.down_revision)
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT state, cause FROM promises")).all() == [("kept", None)]


def test_only_the_latest_reminder_of_a_trip_stays_below_its_migration_and_nothing_that_hung_on_the_others(
        empty, monkeypatch):
    upgrade()
    monkeypatch.setitem(ORDINARY["promises"], "kind", "reminder")
    _fill(_tables())  # with a correction, a remedy and a taxi of the one promise
    later = ORDINARY["promises"] | {"id": new_id(), "due_at": LATER, "once": "promise-later"}
    with db.engine.begin() as connection:
        connection.execute(TABLES["promises"].insert(), later)
    downgrade(revision="20261122_0949")
    assert {name: _counts()[name] for name in ("promises", "promise_corrections", "remedies", "taxi_receipts")} == {
        "promises": 1, "promise_corrections": 0, "remedies": 0, "taxi_receipts": 0}


@pytest.mark.parametrize(("application", "status", "licensed"), [("open", "applicant", False), (None, "closed", True)])
def test_whoever_left_unapproved_may_apply_again_and_members_of_before_have_a_year_to_show_a_licence(
        empty, monkeypatch, application, status, licensed):
    upgrade(revision="20261123_0972")
    monkeypatch.setitem(ORDINARY["members"], "status", "closed")
    _fill({"users", "members", "departures"} | ({"applications"} if application else set()))
    upgrade(revision="20261123_0973")
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT status, licence_until IS NOT NULL FROM members")).all() == [(status, licensed)]
        assert connection.execute(text("SELECT came_back_at IS NOT NULL FROM departures")).scalar_one() != licensed


def test_a_quote_that_is_nobodys_goes_with_its_migration(empty):
    upgrade()
    _fill(_tables())
    downgrade(revision="20261123_0955")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE quotes SET member_id = NULL"))
    upgrade(revision="20261123_0956")
    assert _counts()["quotes"] == 0


FIRST_RULES = [  # what the file of the first city had, before any migration brought a rule
    "almost_shift", "booking_ahead", "booking_least", "booking_most", "cancel_long_trip", "cancel_notice_long",
    "cancel_notice_short", "card_limit", "card_uses", "charging_loss", "cooling_off", "dearest_gallon", "dearest_kwh",
    "early_access", "excess_included", "excess_plus", "excess_premium", "gauge_slack", "late_fee", "late_grace",
    "late_most", "late_step", "low_energy", "low_energy_fee", "no_show", "receipt_days", "refuel_below", "refuel_reward",
    "return_within", "tax_city", "tax_state", "waiver_plus_day", "waiver_plus_hour", "waiver_premium_day",
    "waiver_premium_hour",
]


def test_an_old_service_that_is_brought_up_to_date_has_every_rule_that_is_asked_for(empty):
    money = next(each for each in ScriptDirectory("migrations").walk_revisions() if each.path.endswith("money_rules.py"))
    upgrade(revision=money.down_revision)
    first = [{"key": key, "value": 7, "unit": POLICY_UNITS[key], "version": 1, "effective_from": NOON} for key in FIRST_RULES]
    then = table("policies", *(column(name, TABLES["policies"].c[name].type) for name in first[0]))
    with db.engine.begin() as connection:
        connection.execute(then.insert(), first)
    upgrade()
    assert policies_at(NOON).keys() == POLICY_UNITS.keys()
    assert {policies_at(NOON)[key].value for key in FIRST_RULES} == {7}
    db.session.rollback()  # else this reader has the tables
    downgrade(revision="20261122_0947")
    upgrade()  # a service that has them already keeps one of each
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM policies")).scalar_one() == len(POLICY_UNITS)


@pytest.mark.parametrize("empty", ["sqlite"], indirect=True)  # PostgreSQL has no other way
def test_a_migration_that_is_cut_off_leaves_everything_as_it_was(empty):
    sealed = next(each for each in ScriptDirectory("migrations").walk_revisions() if each.path.endswith("sealed_letters.py"))
    upgrade(revision=sealed.down_revision)
    _fill({"users", "members", "messages"})
    with db.engine.begin() as connection:
        connection.execute(TABLES["messages"].insert(), ORDINARY["messages"] | {"id": new_id(), "body": "The last one"})
        connection.execute(text("UPDATE messages SET body = 'The first' WHERE body = ''"))
        connection.execute(text("CREATE TRIGGER power_cut BEFORE UPDATE ON messages WHEN OLD.body = 'The last one' "
                                "BEGIN SELECT RAISE(ABORT, 'the power went'); END"))
        before = connection.execute(text("SELECT body FROM messages ORDER BY id")).scalars().all()
    with pytest.raises(IntegrityError, match="the power went"):
        upgrade(revision=sealed.revision)
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT body FROM messages ORDER BY id")).scalars().all() == before
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == sealed.down_revision
        connection.execute(text("DROP TRIGGER power_cut"))
    upgrade(revision=sealed.revision)
    with db.engine.connect() as connection:
        told = connection.execute(text("SELECT body FROM messages ORDER BY id")).scalars().all()
    assert [current_app.extensions["adapters"].seal.open(each) for each in told] == before


def test_models_and_schema_agree(empty):
    upgrade()
    check()  # raises when a new migration would have something to do


def test_the_triggers_at_the_newest_migration_are_the_known_ones(empty):
    upgrade()
    asked = ("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'" if db.engine.name == "sqlite" else
             "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
             "WHERE NOT tgisinternal AND tgparentid = 0")
    with db.engine.connect() as connection:
        found = {name: table for name, table in connection.execute(text(asked))}
    exclusion = {"one_driver_at_a_time"} if db.engine.name == "postgresql" else set()
    for ruled in ("tariffs", "policies"):  # SQLite has no TRUNCATE
        if db.engine.name == "postgresql":
            assert found.pop(f"{ruled}_stamp_truncate") == ruled
    assert found == {name: table for name, table in TRIGGERS.items() if name not in exclusion}


def test_a_migration_writes_each_constraint_under_the_name_its_model_gives(empty):
    upgrade()
    asked = ("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL" if db.engine.name == "sqlite"
             else "SELECT 'CONSTRAINT ' || conname || ' ' FROM pg_constraint")
    with db.engine.connect() as connection:
        schema = " ".join(connection.scalars(text(asked)))
    names = _named(CheckConstraint) | _named(UniqueConstraint) | _named(ForeignKeyConstraint)
    assert {name for name in names if f"CONSTRAINT {name} " not in schema} == set()


# Every constraint, broken once.

def _constraints(kind: type) -> list[Any]:
    found = [constraint for table in TABLES.values() for constraint in table.constraints
             if isinstance(constraint, kind) and not (kind is CheckConstraint and constraint.name is None)]
    return sorted(found, key=lambda constraint: str(constraint.name))  # a set of them has another order each time


def _named(kind: type) -> set[str]:
    return {str(constraint.name) for constraint in _constraints(kind)}


SOON = NOON + timedelta(minutes=1)
BROKEN_CHECKS: dict[str, tuple[str, dict[str, Any]]] = {
    "opened_page_is_known": ("desk_looks", {"opened": "diary"}),
    "export_state_is_known": ("data_exports", {"state": "lost", "file_key": None}),
    "no_more_is_packed_than_there_is": ("data_exports", {"done": 3}),
    "a_ready_export_says_until_when": ("data_exports", {"ends_at": None}),
    "a_ready_export_has_its_file": ("data_exports", {"file_key": None}),
    "erasure_state_is_known": ("erasures", {"state": "lost"}),
    "a_done_erasure_says_when": ("erasures", {"state": "done", "user_id": None}),
    "a_done_erasure_is_nobodys": ("erasures", {"state": "done", "done_at": LATER}),
    "an_open_erasure_is_somebodys": ("erasures", {"state": "asked", "user_id": None}),
    "an_erasure_is_due_after_it_is_asked": ("erasures", {"due_at": NOON - timedelta(hours=1)}),
    "referral_codes_are_in_capitals": ("referral_codes", {"code": "small"}),
    "referral_state_is_known": ("referrals", {"state": "lost", "decided_at": NOON}),
    "why_a_referral_is_refused_is_known": ("referrals", {"why": "mood"}),
    "a_referral_is_open_or_decided": ("referrals", {"decided_at": NOON}),
    "a_refused_referral_says_why": ("referrals", {"state": "refused", "decided_at": NOON}),
    "nobody_brings_themselves": ("referrals", {"friend_id": ID, "by_member_id": ID}),
    "a_referral_gives_no_less_than_nothing": ("referrals", {"gives_cents": -1}),
    "fob_state_is_known": ("fobs", {"state": "melted", "number_mark": None, "last_four": None, "issued_at": None,
                                    "issued_by_id": None}),
    "why_a_fob_is_blocked_is_known": ("fobs", {"why": "mood"}),
    "an_issued_fob_has_a_number_and_an_issuer": ("fobs", {"number_mark": None}),
    "a_blocked_fob_says_when_and_why": ("fobs", {"blocked_at": None}),
    "a_fob_is_handed_in_at_a_time": ("fobs", {"handed_in_at": NOON}),
    "the_fee_of_a_fob_was_shown": ("fobs", {"fee_cents": -1}),
    "tier_benefit_is_known": ("tier_requests", {"benefit": "wealth"}),
    "tier_state_is_known": ("tier_requests", {"state": "lost", "decided_at": NOON}),
    "tier_reason_is_known": ("tier_requests", {"state": "refused", "decided_at": NOON, "decided_by_id": ID, "reason": "mood"}),
    "a_refused_tier_says_why": ("tier_requests", {"reason": "unreadable"}),
    "a_granted_tier_says_until_when": ("tier_requests", {"counts_until": date(2027, 1, 1)}),
    "a_tier_waits_or_is_over": ("tier_requests", {"decided_at": None}),
    "a_person_decides_a_tier": ("tier_requests", {"decided_by_id": ID}),
    "a_picture_of_a_benefit_has_a_size": ("tier_requests", {"width": 0}),
    "a_tier_is_decided_by_its_picture": ("tier_requests", {"state": "waiting", "decided_at": None, "gone_at": NOON}),
    "a_look_at_a_benefit_has_a_known_reason": ("tier_looks", {"looked_for": "fun"}),
    "application_state_is_known": ("applications", {"state": "lost"}),
    "application_licence_from_is_known": ("applications", {"licence_from": "moon"}),
    "application_plan_is_known": ("applications", {"plan": "gold", "fee_cents": 0, "fee_version": 1}),
    "a_chosen_plan_has_the_fee_that_was_shown": ("applications", {"plan": "regular"}),
    "what_is_submitted_is_whole": ("applications", {"state": "submitted"}),
    "a_decision_says_when": ("applications", {"decided_at": NOON, "decided_by_rule": "age"}),
    "a_person_or_a_rule_decided": ("applications", {"decided_by_rule": "age"}),
    "an_appeal_has_words": ("applications", {"appealed_at": NOON}),
    "no_rule_decides_an_appeal": ("applications", {
        "state": "refused", "submitted_at": NOON, "due_at": LATER, "plan": "regular", "fee_cents": 0, "fee_version": 1,
        "terms_version": 1, "decided_at": NOON, "decided_by_rule": "age", "appealed_at": NOON, "appeal_sealed": "x"}),
    "somebody_else_decides_an_appeal": ("applications", {
        "state": "refused", "submitted_at": NOON, "due_at": LATER, "plan": "regular", "fee_cents": 0, "fee_version": 1,
        "terms_version": 1, "decided_at": NOON, "decided_by_id": ID, "first_decided_by_id": ID}),
    "whoever_took_it_did_so_at_a_time": ("applications", {"taken_at": NOON}),
    "sign_up_tries_are_counted": ("sign_ups", {"tries": 21}),
    "sign_up_email_in_lower_case": ("sign_ups", {"email": "Ada@example.com"}),
    "sign_up_licence_from_is_known": ("sign_ups", {"licence_from": "moon"}),
    "hash_is_sha256": ("audit", {"hash": "abc"}),
    "attempts_counted": ("outbox", {"attempts": -1}),
    "done_or_failed": ("outbox", {"done_at": NOON, "failed_at": NOON}),
    "email_in_lower_case": ("users", {"email": "Second@example.com"}),
    "passkey_uses_are_counted": ("passkeys", {"sign_count": -1}),
    "challenge_purpose_is_known": ("passkey_challenges", {"purpose": "look"}),
    "needs_are_agreed_to": ("member_needs", {"consent_version": 0}),
    "email_tries_are_counted": ("email_changes", {"tries": 21}),
    "new_email_in_lower_case": ("email_changes", {"new_email": "ROW@example.com"}),
    "a_changed_address_may_be_put_back": ("email_changes", {"confirmed_at": NOON}),
    "what_is_put_back_was_changed": ("email_changes", {"undone_at": NOON}),
    "why_reset_is_known": ("password_resets", {"why": "bored"}),
    "role_is_known": ("user_roles", {"role": "king"}),
    "plan_is_known": ("members", {"plan": "gold"}),
    "status_is_known": ("members", {"status": "liked"}),
    "access_is_known": ("lots", {"access": "secret"}),
    "lot_is_on_earth": ("lots", {"lat": 90.1}),
    "turnaround_is_short": ("lots", {"turnaround_minutes": 721}),
    "class_is_known": ("car_models", {"car_class": "yacht"}),
    "body_is_known": ("car_models", {"body": "boat"}),
    "fuel_is_known": ("car_models", {"fuel": "wind"}),
    "range_and_seats_are_positive": ("car_models", {"range_miles": 0}),
    "paint_is_known": ("cars", {"paint": "invisible"}),
    "state_is_known": ("cars", {"state": "sulking"}),
    "car_class_is_known": ("cars", {"car_class": "yacht"}),
    "energy_is_a_percentage": ("car_readings", {"car_id": ID + 1, "energy_percent": 101}),
    "filled_from_is_a_percentage": ("car_readings", {"car_id": ID + 1, "filled_from": 101}),
    "rising_from_is_a_percentage": ("car_readings", {"car_id": ID + 1, "rising_from": -1}),
    "rates_are_not_negative": ("tariffs", {"night_hour": -1}),
    "a_tariff_ends_after_it_starts": ("tariffs", {"effective_until": NOON}),
    "nights_are_hours_of_a_day": ("tariffs", {"night_from": 25}),
    "a_policy_ends_after_it_starts": ("policies", {"effective_until": NOON}),
    "codes_are_in_capitals": ("promotions", {"code": "second"}),
    "a_code_takes_off_percent_or_cents": ("promotions", {"cents": 1}),
    "a_code_ends_after_it_starts": ("promotions", {"effective_until": NOON}),
    "a_member_may_use_a_code": ("promotions", {"per_member": 0}),
    "a_code_is_used_so_often_and_no_more": ("promotions", {"redeemed": 2}),
    "a_member_uses_a_code_so_often_and_no_more": ("redemptions", {"nth": 3}),
    "a_use_is_made_or_given_back": ("redemptions", {"nth": None}),
    "quote_ends_after_it_starts": ("quotes", {"ends_at": NOON}),
    "quote_expires_after_it_is_made": ("quotes", {"expires_at": NOON}),
    "block_ends_after_it_starts": ("blocks", {"until": NOON}),
    "block_state_is_known": ("blocks", {"state": "available"}),
    "ends_after_it_starts": ("occupancies", {"ends_at": LATER}),
    "kind_is_known": ("occupancies", {"kind": "party"}),
    "turnaround_is_at_the_end": ("occupancies", {"turnaround_from": LATER + timedelta(hours=2)}),
    "reservation_ends_after_it_starts": ("reservations", {"ends_at": NOON}),
    "reservation_status_is_known": ("reservations", {"status": "maybe"}),
    "waiver_is_known": ("reservations", {"waiver": "none"}),
    "licence_status_is_known": ("licences", {"status": "lost"}),
    "a_licence_is_whole_when_it_is_sent": ("licences", {"number_sealed": None}),
    "a_decided_licence_says_when": ("licences", {"decided_at": None}),
    "a_licence_expires_after_it_is_held": ("licences", {"expires_on": date(2015, 1, 1)}),
    "picture_side_is_known": ("licence_pictures", {"side": "top"}),
    "a_picture_has_a_size": ("licence_pictures", {"width": 0}),
    "a_look_has_a_known_reason": ("picture_views", {"looked_for": "fun"}),
    "licence_retake_is_a_side": ("licences", {"retake": "top"}),
    "application_retake_is_a_side": ("applications", {"retake": "top"}),
    "move_state_is_known": ("moves", {"state": "perhaps", "answered_at": NOON}),
    "an_answered_move_says_when": ("moves", {"answered_at": None}),
    "an_agreed_move_names_its_change": ("moves", {"state": "agreed", "answered_at": NOON}),
    "a_move_lapses_after_it_is_offered": ("moves", {"lapses_at": NOON}),
    "somebody_else_booked_it": ("reservations", {"booked_by_id": ID}),
    "price_is_not_negative": ("reservations", {"price_cents": -1}),
    "a_change_adds_up": ("reservation_changes", {"difference_cents": 1}),
    "a_change_changes_something": ("reservation_changes", {"after_ends_at": LATER}),
    "a_change_ends_after_it_starts": ("reservation_changes", {"after_ends_at": NOON}),
    "change_reason_is_known": ("reservation_changes", {"why": "whim"}),
    "change_actor_is_known": ("reservation_changes", {"actor": "nobody"}),
    "who_of_us_changed_it_is_named": ("reservation_changes", {"actor": "staff"}),
    "a_quarter_costs_nothing_or_more": ("given_back_quarters", {"amount_cents": -1}),
    "a_quarter_is_refunded_for_a_booking": ("given_back_quarters", {"refunded_at": NOON}),
    "somebody_else_rebooks": ("given_back_quarters", {"rebooked_by_id": ID, "refunded_at": NOON}),
    "trip_ends_after_it_starts": ("trips", {"reservation_id": ID + 1, "started_at": SOON, "ended_at": NOON}),
    "odometer_never_falls": ("trips", {"reservation_id": ID + 1, "end_odometer": 1.9}),
    "stage_is_known": ("condition_checks", {"stage": "upside down"}),
    "ask_metric_is_known": ("asks", {"metric": "love"}),
    "ask_state_is_known": ("asks", {"state": "lost", "closed_at": None}),
    "an_ask_is_seen_before_it_ends": ("asks", {"shown_at": None}),
    "a_closed_ask_says_when": ("asks", {"closed_at": None}),
    "an_ask_ends_after_it_begins": ("asks", {"expires_at": NOON}),
    "probability_is_a_share": ("asks", {"probability": 1.1}),
    "ask_channel_is_known": ("asks", {"shown_by": "pigeon"}),
    "ask_log_what_is_known": ("ask_log", {"what": "dreamt"}),
    "a_suppressed_ask_says_why": ("ask_log", {"what": "suppressed"}),
    "value_is_on_the_scale": ("answers", {"ask_id": UUID(int=2), "value": 6}),
    "answer_channel_is_known": ("answers", {"ask_id": UUID(int=2), "channel": "pigeon"}),
    "answer_probability_is_a_share": ("answers", {"ask_id": UUID(int=2), "probability": 0.0}),
    "rule_value_is_not_negative": ("ask_rules", {"value": -1}),
    "rule_version_follows_the_delivered": ("ask_rules", {"version": 1}),
    "wording_version_follows_the_delivered": ("ask_wordings", {"version": 1}),
    "a_question_asks_something": ("ask_wordings", {"question": "How?"}),
    "mailings_words_have_a_version": ("mailings", {"wording_version": 0}),
    "wished_is_counted": ("mailings", {"wished": -1}),
    "leaving_reason_is_known": ("departures", {"reason": "weather"}),
    "nobody_comes_back_before_leaving": ("departures", {"came_back_at": NOON - timedelta(days=1)}),
    "plans_of_a_change_are_known": ("plan_changes", {"to_plan": "gold"}),
    "a_change_of_plan_changes_it": ("plan_changes", {"to_plan": "payg"}),
    "a_change_of_plan_counts_later": ("plan_changes", {"counts_from": NOON}),
    "what_is_undone_never_counts": ("plan_changes", {"undone_at": LATER, "counted_at": LATER}),
    "a_pause_ends_after_it_begins": ("pauses", {"until": NOON}),
    "an_ended_pause_says_how": ("pauses", {"ended_at": LATER, "ended_by": None}),
    "end_of_a_pause_is_known": ("pauses", {"ended_at": LATER, "ended_by": "weather"}),
    "expectation_stage_is_known": ("expectations", {"stage": "dreaming"}),
    "means_is_known": ("expectations", {"means": "broom"}),
    "hope_is_known": ("expectations", {"hope": "gold"}),
    "heard_is_known": ("expectations", {"heard": "voices"}),
    "an_expectation_says_something": ("expectations", {"means": None}),
    "cleanliness_is_one_to_five": ("condition_checks", {"cleanliness": 6}),
    "paid_by_is_known": ("fuel_stops", {"paid_by": "nobody"}),
    "a_stop_has_amount_and_volume": ("fuel_stops", {"amount_cents": 0}),
    "energy_before_is_a_percentage": ("fuel_stops", {"energy_before": -1}),
    "action_is_known": ("car_commands", {"id": UUID(int=2), "action": "fly"}),
    "command_state_is_known": ("car_commands", {"id": UUID(int=2), "state": "shy"}),
    "view_is_known": ("marks", {"id": ID + 1, "view": "below"}),
    "what_says_something": ("marks", {"id": ID + 1, "what": "ow"}),
    "identity_kind_is_known": ("identities", {"kind": "dog"}),
    "mood_is_known": ("notes", {"mood": "furious"}),
    "note_status_is_known": ("notes", {"status": "lost"}),
    "tag_is_known": ("notes", {"tag": "weather"}),
    "phase_is_known": ("events", {"phase": "dreamt"}),
    "actor_is_known": ("events", {"actor": "ghost"}),
    "attempt_counts_from_one": ("events", {"attempt": 0}),
    "payer_kind_is_known": ("payers", {"kind": "king", "name": None}),
    "a_personal_payer_is_a_member": ("payers", {"kind": "personal", "name": None}),
    "a_business_has_a_name": ("payers", {"name": None}),
    "drivers_cover_is_known": ("payer_drivers", {"cover": "gold"}),
    "a_limit_is_not_negative": ("payer_drivers", {"monthly_cents": -1}),
    "hours_have_both_ends": ("payer_drivers", {"from_hour": 7}),
    "hours_are_of_a_day": ("payer_drivers", {"from_hour": 7, "until_hour": 25}),
    "invited_as_what_is_known": ("invitations", {"invited_as": "king"}),
    "invited_email_in_lower_case": ("invitations", {"email": "Row@example.com"}),
    "whoever_used_it_did_so_at_a_time": ("invitations", {"used_at": NOON}),
    "used_or_withdrawn": ("invitations", {"used_at": NOON, "used_by_id": ID, "withdrawn_at": NOON}),
    "credit_is_never_overspent": ("payers", {"credit_cents": -1}),
    "dunning_has_five_steps": ("payers", {"dunning_step": 6}),
    "rank_counts_from_zero": ("cards", {"rank": -1}),
    "only_the_last_four_digits": ("cards", {"last_four": "42424"}),
    "exp_month_is_a_month": ("cards", {"exp_month": 13}),
    "payment_state_is_known": ("payments", {"state": "lost"}),
    "purpose_is_known": ("payments", {"purpose": "fun"}),
    "a_payment_moves_something": ("payments", {"amount_cents": 0}),
    "no_more_is_captured_than_was_held": ("payments", {"captured_cents": 101}),
    "no_more_is_refunded_than_was_captured": ("payments", {"captured_cents": 10, "refunded_cents": 11}),
    "refund_state_is_known": ("refunds", {"state": "lost"}),
    "a_refund_moves_something": ("refunds", {"amount_cents": 0}),
    "calling_is_known": ("payment_calls", {"calling": "home"}),
    "call_state_is_known": ("payment_calls", {"state": "ringing"}),
    "page_kind_is_known": ("payment_pages", {"kind": "blank"}),
    "page_state_is_known": ("payment_pages", {"state": "torn"}),
    "a_chargeback_takes_something": ("chargebacks", {"amount_cents": 0}),
    "chargeback_state_is_known": ("chargebacks", {"state": "tied"}),
    "a_fee_is_not_negative": ("processor_movements", {"fee_cents": -1}),
    "credit_kind_is_known": ("credits", {"kind": "gold"}),
    "a_grant_gives_something": ("credits", {"granted_cents": 0}),
    "no_more_is_used_than_was_granted": ("credits", {"left_cents": -1}),
    "a_transfer_moves_something": ("ledger", {"amount_cents": 0}),
    "a_transfer_has_two_ends": ("ledger", {"debit_account": "member_credit"}),
    "debit_account_is_known": ("ledger", {"debit_account": "sofa"}),
    "credit_account_is_known": ("ledger", {"debit_account": "member_credit", "credit_account": "sofa"}),
    "a_payers_account_names_the_payer": ("ledger", {"payer_id": None}),
    "credit_is_of_a_grant": ("ledger", {"credit_id": None}),
    "origin_is_known": ("ledger", {"origin": "thin air"}),
    "a_correction_names_its_row": ("ledger", {"origin": "correction"}),
    "ledger_actor_is_known": ("ledger", {"actor": "ghost"}),
    "rules_have_versions": ("ledger", {"rule_version": 0}),
    "notice_kind_is_known": ("notices", {"kind": "parrot"}),
    "notice_state_is_known": ("notices", {"state": "lost"}),
    "a_notice_costs_something": ("notices", {"amount_cents": 0}),
    "no_charge_before_hearing": ("notices", {"charged_at": NOON}),
    "a_charged_notice_says_when": ("notices", {"state": "charged"}),
    "a_contested_notice_is_decided_first": ("notices", {"contested_at": NOON, "charged_at": LATER}),
    "message_purpose_is_known": ("messages", {"id": UUID(int=2), "purpose": "fun"}),
    "channel_is_known": ("deliveries", {"channel": "pigeon"}),
    "delivery_state_is_known": ("deliveries", {"state": "lost"}),
    "why_is_known": ("deliveries", {"why": "no idea"}),
    "what_did_not_go_says_why": ("deliveries", {"state": "failed"}),
    "delivery_attempts_counted": ("deliveries", {"attempts": -1}),
    "choices_count_from_one": ("contact_choices", {"version": 0}),
    "quiet_hours_are_of_a_day": ("contact_choices", {"quiet_from": 1440}),
    "made_by_is_known": ("contact_choices", {"made_by": "cat"}),
    "tries_are_counted": ("phone_numbers", {"tries": -1}),
    "a_number_is_international": ("phone_numbers", {"number": "3125550123"}),
    "an_endpoint_is_safe": ("push_devices", {"endpoint": "http://push.example/3"}),
    "outcome_is_known": ("disputes", {"outcome": "shrug"}),
    "an_outcome_has_a_date": ("disputes", {"decided_at": None}),
    "a_dispute_takes_nothing": ("disputes", {"back_cents": -1}),
    "adjustment_kind_is_known": ("adjustments", {"kind": "gift", "line_id": None}),
    "adjustment_state_is_known": ("adjustments", {"state": "lost"}),
    "an_adjustment_gives_something": ("adjustments", {"amount_cents": 0}),
    "nobody_approves_their_own": ("adjustments", {"second_id": ID}),
    "a_refund_names_its_line": ("adjustments", {"line_id": None}),
    "an_invoice_has_a_range": ("invoices", {"after_row": 2}),
    "case_rule_is_known": ("cases", {"rule": "whim"}),
    "case_severity_is_known": ("cases", {"severity": "meh"}),
    "case_state_is_known": ("cases", {"state": "lost", "closed_at": None, "outcome": None}),
    "case_outcome_is_known": ("cases", {"outcome": "shrug"}),
    "case_cause_is_known": ("cases", {"cause_code": "fate"}),
    "a_closed_case_has_an_outcome": ("cases", {"outcome": None}),
    "a_case_in_work_has_an_owner": ("cases", {"owner_id": None}),
    "case_versions_count_from_one": ("cases", {"version": 0}),
    "reason_rule_is_known": ("case_reasons", {"rule": "whim"}),
    "reason_severity_is_known": ("case_reasons", {"severity": "meh"}),
    "case_act_is_known": ("case_entries", {"act": "sang"}),
    "fix_state_is_known": ("fixes", {"state": "lost"}),
    "fix_measure_is_known": ("fixes", {"measure": "luck"}),
    "a_fix_has_a_title": ("fixes", {"title": "ab"}),
    "a_fix_under_way_says_since_when": ("fixes", {"state": "doing"}),
    "a_done_fix_says_when": ("fixes", {"state": "done"}),
    "what_is_published_has_a_date": ("fixes", {"published": "We did."}),
    "only_what_is_done_is_published": ("fixes", {"published": "We did.", "published_at": NOON}),
    "fix_versions_count_from_one": ("fixes", {"version": 0}),
    "browser_kind_is_known": ("browser_events", {"kind": "mood"}),
    "a_quarantined_body_is_short": ("quarantined_events", {"body": "x" * 1001}),
    "differences_are_counted": ("reconciliations", {"missing": -1}),
    "a_reconciliation_spans_time": ("reconciliations", {"until": NOON}),
    "lookup_reason_is_known": ("lookups", {"reason": "curiosity"}),
    "a_view_has_a_name": ("saved_views", {"name": ""}),
    "a_view_is_a_page_of_the_desk": ("saved_views", {"address": "https://elsewhere.example/"}),
    "a_scan_looks_over_some_time": ("scans", {"until": NOON}),
    "comparisons_are_counted": ("scans", {"compared": -1}),
    "promise_state_is_known": ("promises", {"state": "forgotten", "cause": None, "cause_reservation_id": None}),
    "a_settled_promise_says_when": ("promises", {"settled_at": None}),
    "a_promise_not_kept_has_a_cause": ("promises", {"cause": None, "cause_reservation_id": None}),
    "cause_is_known": ("promises", {"cause": "the moon", "cause_reservation_id": None}),
    "another_trip_is_another_members": ("promises", {"cause": "mail"}),
    "a_promise_by_hand_is_owned_and_dated": ("promises", {"owner_id": None}),
    "words_are_somebodys": ("promises", {"by_user_id": None}),
    "a_remedy_gives_something": ("remedies", {"promise_id": UUID(int=2), "amount_cents": 0}),
    "a_correction_names_what_showed_it": ("promise_corrections", {"promise_id": UUID(int=2), "about": "dispute"}),
    "no_more_is_repaid_than_was_paid": ("taxi_receipts", {"promise_id": UUID(int=2), "amount_cents": 3}),
    "a_remedy_names_its_version": ("remedies", {"promise_id": UUID(int=2), "rule_version": 0}),
    "conversation_kind_is_known": ("conversations", {"kind": "gossip"}),
    "conversation_status_is_known": ("conversations", {"status": "lost"}),
    "somebody_asks": ("conversations", {"member_id": None}),
    "a_visitor_can_be_found_again": ("conversations", {"member_id": None, "visitor_sealed": "x"}),
    "an_answer_is_owed_on_our_turn": ("conversations", {"status": "waiting", "answer_due_at": LATER}),
    "a_solved_one_says_when": ("conversations", {"status": "solved"}),
    "a_merged_one_says_into_which": ("conversations", {"status": "merged"}),
    "nothing_is_merged_into_itself": ("conversations", {"status": "merged", "merged_into_id": UUID(int=2)}),
    "reopening_is_counted": ("conversations", {"reopened": -1}),
    "asked_call_state_is_known": ("conversations", {"call_state": "busy", "phone_sealed": "x"}),
    "a_call_has_a_number": ("conversations", {"call_state": "wanted"}),
    "a_call_has_a_window": ("conversations", {"call_until": LATER}),
    "somebody_passed_it_on": ("conversations", {"kind": "compliment", "passed_on_at": NOON}),
    "only_praise_is_passed_on": ("conversations", {"passed_on_at": NOON, "passed_on_by": ID}),
    "entry_author_is_known": ("conversation_entries", {"author": "ghost"}),
    "people_use_words": ("conversation_entries", {"words_sealed": None}),
    "the_system_uses_codes": ("conversation_entries", {"code": "taken"}),
    "staff_sign_what_they_write": ("conversation_entries", {"by_user_id": None}),
    "members_write_nothing_internal": ("conversation_entries", {"author": "member", "internal": True}),
    "a_template_has_a_name": ("help_templates", {"name": "ab"}),
    "mail_state_is_known": ("incoming_mail", {"state": "lost"}),
    "a_taken_mail_went_somewhere": ("incoming_mail", {"conversation_id": None}),
    "wanted_is_known": ("suggestions", {"wanted": "boat"}),
    "a_wanted_car_has_a_class": ("suggestions", {"wanted": "car"}),
    "suggestion_state_is_known": ("suggestions", {"state": "lost", "answer": "x", "answered_at": NOON}),
    "an_answer_says_why": ("suggestions", {"state": "planned"}),
    "an_answer_says_when": ("suggestions", {"state": "planned", "answer": "x"}),
    "an_alarm_is_at_most_two_days_before": ("calendar_feeds", {"alarm_minutes": 3000}),
    "a_remark_is_about_one_thing": ("remarks", {"lot_id": ID}),
    "remark_state_is_known": ("remarks", {"state": "lost"}),
    "a_remark_is_short": ("remarks", {"words": "ok"}),
    "what_is_not_shown_has_a_reason": ("remarks", {"state": "removed"}),
    "remark_reason_is_known": ("remarks", {"state": "removed", "why": "whim"}),
    "a_reply_says_when": ("remarks", {"reply": "x"}),
    "report_reason_is_known": ("remark_reports", {"why": "whim"}),
    "wait_ends_after_it_starts": ("waits", {"ends_at": NOON}),
    "wait_state_is_known": ("waits", {"state": "hoping", "ended_at": NOON}),
    "a_wait_that_ended_says_when": ("waits", {"ended_at": NOON}),
    "a_booked_wait_names_its_booking": ("waits", {"reservation_id": ID}),
    "a_wait_is_for_a_car_or_around_a_place": ("waits", {"car_id": None}),
    "a_wait_for_a_car_names_no_class": ("waits", {"car_class": "van"}),
    "an_offer_lapses_after_it_is_made": ("wait_offers", {"lapses_at": NOON}),
    "wait_offer_state_is_known": ("wait_offers", {"state": "maybe"}),
    "an_answered_offer_says_when": ("wait_offers", {"answered_at": None}),
    "offered_price_is_not_negative": ("wait_offers", {"price_cents": -1}),
    "token_hash_is_sha256": ("api_tokens", {"token_hash": "abc"}),
    "a_token_may_do_something": ("api_tokens", {"scopes": ""}),
    "a_token_ends_after_it_is_made": ("api_tokens", {"ends_at": NOON}),
    "fingerprint_is_sha256": ("api_answers", {"fingerprint": "abc"}),
    "a_failure_is_no_answer": ("api_answers", {"status": 500}),
}


PREFILLED = ("users", "members", "lots", "bays", "cars", "reservations", "asks")  # with two rows from the start


@pytest.fixture(scope="module", params=DATABASES)
def filled(request, tmp_path_factory) -> Iterator[Engine]:
    """A migrated database with one ordinary row in every table, and a second one where a child may need it."""
    home = tmp_path_factory.mktemp("filled")
    with fresh_database(request, request.param, home) as url:
        app = create_app(settings_for(home, url))
        with app.app_context():
            engine = db.engine
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for name, row in ORDINARY.items():
                    connection.execute(TABLES[name].insert(), row)
                for name in PREFILLED:
                    connection.execute(TABLES[name].insert(), ORDINARY[name] | SECOND[name])
            yield engine
            engine.dispose()


@pytest.fixture
def raw(filled) -> Iterator[Connection]:
    """A connection whose work is undone after the test."""
    with filled.connect() as connection:
        if filled.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield connection
        if filled.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
        else:
            connection.rollback()


# What a row must have besides, so that only its parent is missing.
BESIDE_IT = {"fk_calendar_feeds_member_id": {"secret_hash": "z"},
             "fk_conversations_merged_into_id": {"status": "merged"}, "fk_remarks_lot_id": {"car_id": None},
             "fk_moves_change_id": {"state": "agreed"},
             "fk_applications_decided_by_id": {"state": "refused", "decided_at": NOON, "submitted_at": NOON, "due_at": LATER,
                                               "plan": "regular", "fee_cents": 0, "fee_version": 1, "terms_version": 1},
             "fk_referrals_by_member_id": {"friend_id": None},
             "fk_tier_requests_decided_by_id": {"state": "refused", "decided_at": NOON, "reason": "unreadable"},
             "fk_applications_taken_by_id": {"taken_at": NOON},
             "fk_invitations_used_by_id": {"used_at": NOON},
             "fk_waits_reservation_id": {"state": "booked", "ended_at": NOON},
             "fk_given_back_quarters_rebooked_by_id": {"refunded_at": NOON},
             "fk_reservation_changes_actor_id": {"actor": "staff"},
             "fk_conversations_passed_on_by": {"kind": "compliment", "passed_on_at": NOON}}
PERSONAL = {"kind": "personal", "name": None}  # a payer that is a member


def _second(table: str, **changes: Any) -> dict[str, Any]:
    return ORDINARY[table] | SECOND.get(table, {}) | changes


def _third(table: str) -> dict[str, Any]:
    """A row of its own in a table that has two already."""
    own = {"users": {"id": ID + 2, "email": "third@example.com"}, "members": {"id": ID + 2, "user_id": ID + 2},
           "lots": {"id": ID + 2, "slug": "third"},
           "bays": {"id": ID + 2, "number": 3},
           "cars": {"id": ID + 2, "slug": "third", "name": "Third", "plate": "ROW 3", "vin": "ROW3", "bay_id": ID + 2},
           "reservations": {"id": ID + 2, "reference": "row3", "once": "once-3", "occupancy_id": None},
           "asks": {"id": UUID(int=3), "reservation_id": None, "once": "ask-3"}}
    return ORDINARY[table] | own[table]


def _fresh(table: str) -> dict[str, Any]:
    return _third(table) if table in PREFILLED else _second(table)


def _insert_parent(raw: Connection, table: str) -> None:
    """What a third row of the table hangs on."""
    parent = {"cars": "bays", "members": "users"}.get(table)
    if parent is not None:
        _insert(raw, parent, _third(parent))


def _insert(raw: Connection, table: str, row: dict[str, Any]) -> None:
    raw.execute(TABLES[table].insert(), row)


@pytest.mark.parametrize("name", BROKEN_CHECKS)
def test_the_database_refuses_a_row_that_breaks_the_check(raw, name):
    table, changes = BROKEN_CHECKS[name]
    _insert_parent(raw, table)
    with pytest.raises(IntegrityError, match=name):
        _insert(raw, table, _fresh(table) | changes)


def test_every_named_check_is_broken_once():
    assert set(BROKEN_CHECKS) == _named(CheckConstraint)


def test_there_is_an_ordinary_row_of_every_table():
    assert ORDINARY.keys() == TABLES.keys()


@pytest.mark.parametrize("constraint", _constraints(UniqueConstraint), ids=lambda one: str(one.name))
def test_the_database_refuses_a_second_row_with_the_same_unique_values(raw, constraint):
    table, columns = constraint.table.name, [column.name for column in constraint.columns]
    _insert_parent(raw, table)
    own = _fresh(table)
    same = {column: ORDINARY[table][column] for column in columns if column in ORDINARY[table]}  # the others: by default
    same |= PERSONAL if columns == ["member_id"] else {}
    with pytest.raises(IntegrityError) as refused:
        _insert(raw, table, own | same)
    said = str(refused.value.orig)
    if table == "events":
        return  # cut into months: each month's own key speaks first
    assert (str(constraint.name) if raw.dialect.name == "postgresql" else f"{table}.{columns[0]}") in said


@pytest.mark.parametrize("table", sorted(SECOND))
def test_a_second_row_with_values_of_its_own_is_welcome(raw, table):
    _insert_parent(raw, table)
    _insert(raw, table, _fresh(table))


@pytest.mark.parametrize("constraint", _constraints(ForeignKeyConstraint), ids=lambda one: str(one.name))
def test_the_database_refuses_a_row_whose_parent_does_not_exist(raw, constraint):
    table = constraint.table.name
    primary = {column.name: ID + 1 if column.type.python_type is int else UUID(int=2)
               for column in constraint.table.primary_key if column.type.python_type in (int, UUID)}
    row = _fresh(table) if table in SECOND else ORDINARY[table] | primary
    nobodys = {UUID: UUID(int=77), date: date(1999, 1, 1)}
    orphan = row | {column.name: nobodys.get(column.type.python_type, ID + 77) for column in constraint.columns}
    if table == "payers":
        orphan |= PERSONAL
    orphan |= BESIDE_IT.get(str(constraint.name), {})
    if orphan.get("id") == UUID(int=1):
        orphan["id"] = UUID(int=2)
    _insert_parent(raw, table)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        _insert(raw, table, orphan)


def test_the_database_refuses_two_overlapping_spans_of_one_car(raw):
    assert {str(constraint.name) for constraint in _constraints(ExcludeConstraint)} <= {"one_driver_at_a_time"}
    overlapping = _second("occupancies", starts_at=LATER - timedelta(minutes=1))
    with pytest.raises(IntegrityError, match="one_driver_at_a_time"):
        _insert(raw, "occupancies", overlapping)


def test_the_database_refuses_a_second_open_block_of_one_car(raw):
    with pytest.raises(IntegrityError, match=r"one_open_block_per_car|blocks\.car_id"):
        _insert(raw, "blocks", _second("blocks", ended_at=None))


@pytest.mark.parametrize(("exempt", "name"), [(False, "one_ask_per_reservation"), (True, "one_check_per_trip")])
def test_the_database_refuses_a_second_ask_or_check_about_a_reservation(raw, exempt, name):
    first = {"id": UUID(int=8), "exempt": exempt, "reservation_id": ID + 1, "once": "first"}
    if exempt:
        _insert(raw, "asks", ORDINARY["asks"] | first)
    with pytest.raises(IntegrityError, match=rf"{name}|asks\.reservation_id"):
        _insert(raw, "asks", ORDINARY["asks"] | first | {"id": UUID(int=9), "once": "second"})


def test_the_database_refuses_the_same_version_of_news_a_second_time(raw):
    news = {"reservation_id": None, "solicitation": "digest", "subject": "version:1"}
    _insert(raw, "asks", ORDINARY["asks"] | news | {"id": UUID(int=8), "once": "first"})
    with pytest.raises(IntegrityError, match=r"news_of_a_version_come_once|asks\.member_id"):
        _insert(raw, "asks", ORDINARY["asks"] | news | {"id": UUID(int=9), "once": "second"})


@pytest.mark.parametrize("column", ["starts_at", "ends_at", "car_id"])
def test_the_database_refuses_to_move_a_span(raw, column):
    moved = {"starts_at": NOON + timedelta(minutes=15), "ends_at": LATER + timedelta(minutes=15), "car_id": ID + 1}
    with pytest.raises(DBAPIError, match="spans_never_move"):
        raw.execute(TABLES["occupancies"].update().values({column: moved[column]}).where(
            TABLES["occupancies"].c.id == ID))


def test_releasing_a_span_leaves_its_reservation(raw):
    raw.execute(TABLES["occupancies"].delete().where(TABLES["occupancies"].c.id == ID))
    left = raw.execute(select(TABLES["reservations"].c.occupancy_id).where(TABLES["reservations"].c.id == ID))
    assert left.scalar_one() is None


@pytest.mark.parametrize("change", ["UPDATE ledger SET amount_cents = 2", "DELETE FROM ledger"])
def test_the_database_refuses_to_change_a_row_of_the_ledger(raw, change):
    with pytest.raises(DBAPIError, match="append_only"):
        raw.execute(text(change))


def _balances(raw: Connection) -> tuple[int, int, int]:
    payer = raw.execute(select(TABLES["payers"].c.owed_cents, TABLES["payers"].c.credit_cents)).one()
    return (*payer, raw.execute(select(TABLES["credits"].c.left_cents)).scalar_one())


def test_the_database_itself_keeps_balances_with_each_row_of_the_ledger(raw):
    assert _balances(raw) == (0, 1, 1)
    _insert(raw, "ledger", _second("ledger", debit_account="receivable", credit_account="driving", credit_id=None,
                                   amount_cents=500))
    _insert(raw, "ledger", _second("ledger", id=ID + 2, once="ledger-3", debit_account="member_credit",
                                   credit_account="receivable"))
    assert _balances(raw) == (499, 0, 0)


def test_the_database_refuses_to_have_more_credit_used_than_there_is(raw):
    with pytest.raises(IntegrityError, match=r"credit_is_never_overspent|no_more_is_used_than_was_granted"):
        _insert(raw, "ledger", _second("ledger", debit_account="member_credit", credit_account="receivable", amount_cents=2))
