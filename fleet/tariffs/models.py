"""Tariffs and policies: every number of the service, versioned, with the day it takes effect."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
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
    "decline_alone": "per_month", "check_change": "minutes", "stand_in_within": "metres",
    "case_reply_severe": "minutes", "case_reply_serious": "minutes", "case_reply_minor": "minutes",
    "case_close_severe": "minutes", "case_close_serious": "minutes", "case_close_minor": "minutes",
    "case_wait": "minutes", "case_reopen": "days", "case_closing_ask": "minutes",
    "quiet_from": "minutes", "quiet_until": "minutes", "urgent_within": "minutes", "phone_code": "minutes",
    "phone_code_tries": "tries", "phone_codes": "codes_per_day",
    "help_answer": "minutes", "help_answer_urgent": "minutes", "help_reopen": "days",
}
STEPS = ("late_step",)  # what is counted in steps of this length, so that none is nothing


class Tariff(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The rates of one car class on one plan from one day on. Amounts are cents before tax."""

    __tablename__ = "tariffs"
    __table_args__ = (
        UniqueConstraint("car_class", "plan", "effective_from", name="one_tariff_per_day"),
        CheckConstraint(
            "weekday_hour >= 0 AND weekend_hour >= 0 AND night_hour >= 0 AND weekday_day >= 0 AND weekend_day >= 0 "
            "AND mile >= 0 AND included_miles >= 0", name="rates_are_not_negative"),
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


class PolicyRow(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One number of the rules: its key, value and unit, from one day on."""

    __tablename__ = "policies"
    __table_args__ = (UniqueConstraint("key", "effective_from", name="one_value_per_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[int]
    unit: Mapped[str]
    version: Mapped[int]
    effective_from: Mapped[datetime] = mapped_column(UtcDateTime)
