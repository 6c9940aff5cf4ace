"""Tariffs and policies: every number of the service, versioned, with the day it takes effect."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db

PLANS = ("payg", "regular")  # the members' own are the same: portal.account.models.Plan
POLICY_UNITS = {  # every rule that the service asks for, and what its value counts
    "excess_included": "cents", "excess_plus": "cents", "excess_premium": "cents", "waiver_plus_hour": "cents_per_hour",
    "waiver_plus_day": "cents_per_day", "waiver_premium_hour": "cents_per_hour", "waiver_premium_day": "cents_per_day",
    "tax_city": "basis_points", "tax_state": "basis_points", "booking_least": "minutes", "booking_most": "minutes",
    "booking_ahead": "days", "almost_shift": "minutes", "early_access": "minutes", "cooling_off": "minutes",
    "cancel_long_trip": "minutes", "cancel_notice_short": "minutes", "cancel_notice_long": "minutes", "no_show": "minutes",
    "late_grace": "minutes", "late_step": "minutes", "late_fee": "cents_per_step", "late_most": "cents",
    "low_energy": "percent", "low_energy_fee": "cents", "refuel_below": "percent", "refuel_reward": "minutes",
    "card_limit": "cents", "card_uses": "uses_per_day", "receipt_days": "days",
    "dearest_gallon": "cents", "dearest_kwh": "cents", "charging_loss": "percent", "gauge_slack": "percent",
    "return_within": "metres",
    "membership_payg": "cents", "membership_regular": "cents", "hold_ahead": "minutes", "hold_renew": "minutes",
    "charge_least": "cents", "dunning_2": "minutes", "dunning_3": "minutes", "dunning_4": "minutes",
    "dunning_5": "minutes", "credit_service": "days", "credit_promo": "days", "credit_referral": "days",
    "credit_fuel": "days", "pass_on_fee": "cents", "answer_toll": "minutes", "answer_ticket": "minutes",
    "answer_cleaning": "minutes", "dispute_decided": "minutes", "refund_alone": "cents", "goodwill_alone": "cents",
    "goodwill_case": "cents",
    "invoice_due": "days", "owning_month": "cents", "owning_mile": "cents",
    "remedy_car_there": "cents", "remedy_taxi": "cents", "remedy_unlock": "cents", "remedy_energy": "cents",
    "remedy_energy_time": "minutes", "remedy_clean": "cents", "remedy_clean_stars": "of_5", "remedy_clean_alone": "per_month",
    "remedy_answer": "cents", "remedy_taxi_alone": "per_month", "decline_within": "minutes", "decline_cleaning": "minutes",
    "decline_alone": "per_month", "check_change": "minutes", "stand_in_within": "metres", "stays_dirty": "days",
    "wait_offer": "minutes", "waits_most": "waits", "series_most": "bookings",
    "turnaround_range": "miles", "charger_power": "watts", "move_answer": "minutes",
    "case_reply_severe": "minutes", "case_reply_serious": "minutes", "case_reply_minor": "minutes",
    "case_close_severe": "minutes", "case_close_serious": "minutes", "case_close_minor": "minutes",
    "case_wait": "minutes", "case_reopen": "days", "case_closing_ask": "minutes",
    "quiet_from": "minutes", "quiet_until": "minutes", "urgent_within": "minutes", "phone_code": "minutes",
    "phone_code_tries": "tries", "phone_codes": "codes_per_day",
    "help_answer": "minutes", "help_answer_urgent": "minutes", "help_reopen": "days",
    "early_return_least": "minutes", "early_return_share": "percent",
    "fee_booking": "cents", "quote_lives": "minutes", "young_first_until": "years", "young_first_hour": "cents_per_hour",
    "young_second_until": "years", "young_second_hour": "cents_per_hour", "young_most": "hours_per_day",
    "licence_recheck": "days", "licence_warn": "days", "licence_draft": "days", "licence_pictures": "days",
    "picture_most": "megabytes", "picture_pixels": "megapixels", "picture_least": "pixels", "picture_size": "pixels",
    "pictures_a_day": "pictures_per_day", "pictures_kept": "megabytes",
    "join_age": "years", "join_held": "months", "join_violation": "months", "join_decided": "minutes", "join_again": "days",
    "join_remind": "days", "join_forget": "days", "mail_code": "minutes", "mail_code_tries": "tries",
    "mail_codes": "codes_per_day", "card_check_most": "cents", "invitation": "days", "invitations": "invitations_per_day",
    "tier_hour_off": "percent", "tier_membership_off": "percent", "tier_months": "months", "tier_decided": "minutes",
    "tier_warn": "days", "tier_pictures": "days", "fob_replace": "cents", "fob_tap_lives": "seconds",
    "referral_gives": "cents", "referral_gets": "cents", "referral_most": "per_year",
    "email_change_undo": "days", "tokens_most": "tokens", "token_ends": "days", "more_time": "minutes",
    "pause_most": "days", "pause_remind": "days", "estimate_within": "percent",
    "export_kept": "days", "export_again": "hours", "erase_grace": "days", "books_kept": "years",
}
STEPS = ("late_step",)  # what is counted in steps of this length, so that none is nothing
OF_CITIES = ("tax_city", "tax_state", "fee_booking")  # what a city may have a value of its own of


class Tariff(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The rates of one car class on one plan from one day on, until another replaces them or their own end, after which
    those before count again. Amounts are cents before tax; night is between two hours of the lot's clock."""

    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint("car_class", "plan", "effective_from", name="one_tariff_per_day"),
        CheckConstraint(
            "weekday_hour >= 0 AND weekend_hour >= 0 AND night_hour >= 0 AND weekday_day >= 0 AND weekend_day >= 0 "
            "AND mile >= 0 AND included_miles >= 0", name="rates_are_not_negative"),
        CheckConstraint("effective_until > effective_from", name="a_tariff_ends_after_it_starts"),
        CheckConstraint("night_from BETWEEN 0 AND 24 AND night_until BETWEEN 0 AND 24", name="nights_are_hours_of_a_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    car_class: Mapped[str]
    plan: Mapped[str]
    version: Mapped[int]
    effective_from: Mapped[datetime] = mapped_column(UtcDateTime)
    weekday_hour: Mapped[int]
    weekend_hour: Mapped[int]
    night_hour: Mapped[int]
    weekday_day: Mapped[int]
    weekend_day: Mapped[int]
    included_miles: Mapped[int]
    mile: Mapped[int]
    effective_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    night_from: Mapped[int] = mapped_column(server_default="22")
    night_until: Mapped[int] = mapped_column(server_default="6")


class PolicyRow(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One number of the rules: its key, value and unit, from one day on, everywhere or in one city, until another replaces
    it or its own end."""

    __tablename__ = "policies"
    __table_args__ = (
        UniqueConstraint("key", "city", "effective_from", name="one_value_per_day"),
        CheckConstraint("effective_until > effective_from", name="a_policy_ends_after_it_starts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[int]
    unit: Mapped[str]
    version: Mapped[int]
    effective_from: Mapped[datetime] = mapped_column(UtcDateTime)
    effective_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    city: Mapped[str] = mapped_column(server_default="")  # as lots name theirs; empty: everywhere else


class RulesStamp(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One row, a random word that triggers replace with every change of a tariff or a policy, whoever makes it. Who keeps
    the rules under it knows whether they still hold: a word never comes back, not even after a rollback."""

    __tablename__ = "rules_stamp"

    id: Mapped[int] = mapped_column(primary_key=True)
    stamp: Mapped[str]


class Promotion(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A promo code: a percentage or cents off the time part, for whom, from when until when, and how often.

    `redeemed` counts the redemptions that stand; the database refuses one too many, also of many at once.
    """

    __tablename__ = "promotions"
    __table_args__ = (
        CheckConstraint("code = upper(code)", name="codes_are_in_capitals"),
        CheckConstraint("percent BETWEEN 0 AND 100 AND cents >= 0 AND (percent = 0) <> (cents = 0)",
                        name="a_code_takes_off_percent_or_cents"),
        CheckConstraint("effective_until > effective_from", name="a_code_ends_after_it_starts"),
        CheckConstraint("per_member >= 1", name="a_member_may_use_a_code"),
        CheckConstraint("redeemed >= 0 AND redeemed <= overall", name="a_code_is_used_so_often_and_no_more"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    percent: Mapped[int]
    cents: Mapped[int]
    effective_from: Mapped[datetime] = mapped_column(UtcDateTime)
    effective_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    classes: Mapped[str]  # parted by spaces; empty: all of them
    plans: Mapped[str]
    per_member: Mapped[int]
    overall: Mapped[int | None]
    redeemed: Mapped[int] = mapped_column(server_default="0")


class Redemption(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One use of a code for one booking. `nth` is which of the member's allowed uses it is; none: it was given back."""

    __tablename__ = "redemptions"
    __table_args__ = (
        UniqueConstraint("promotion_id", "member_id", "nth", name="each_use_of_a_code_once"),
        CheckConstraint("nth >= 1 AND nth <= allowed", name="a_member_uses_a_code_so_often_and_no_more"),
        CheckConstraint("(nth IS NULL) = (given_back_at IS NOT NULL)", name="a_use_is_made_or_given_back"),
        Index("ix_redemptions_member", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    promotion_id: Mapped[int] = mapped_column(ForeignKey("promotions.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), unique=True)
    nth: Mapped[int | None]
    allowed: Mapped[int]  # so many uses a member had when this one was made
    redeemed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
