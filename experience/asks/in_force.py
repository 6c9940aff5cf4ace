"""Which rules of the gate are in force at a moment, and changing them from one on."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from core.database import db, look_up_once, take_turns, transaction
from core.refusal import Refusal
from experience.asks.models import AskRule
from experience.asks.rules import FIRST_VERSION, RULES, Rules, rules_of


class RuleOutOfRange(Refusal):
    """A number that a rule cannot have; `facts["key"]` says which."""

    code, status = "ask_rule_out_of_range", 422
    says = _l("One of the numbers is out of its range.")
    remedy = _l("Put it right and try the change again. Nothing was switched on.")


class RulesInThePast(Refusal):
    code, status = "ask_rules_in_the_past", 422
    says = _l("A change cannot begin in the past.")
    remedy = _l("Choose a moment that is still to come, or leave it empty for now.")


class NothingChanged(Refusal):
    code, status = "ask_rules_as_they_are", 422
    says = _l("These are the rules as they are.")
    remedy = _l("Change a number first.")


def rules_at(moment: datetime) -> Rules:
    """Every rule as in force at the moment."""
    rows = look_up_once("ask rules", lambda: [
        (row.effective_from, row.key, row.value, row.version) for row in db.session.scalars(
            select(AskRule).order_by(AskRule.effective_from, AskRule.version))])
    return rules_of(rows, moment)


def switch_on(*, changes: Mapping[str, int], since: datetime, by_user_id: int, now: datetime) -> int:
    """Put changed rules in force from a moment on; returns their version.

    Raises RuleOutOfRange, RulesInThePast and NothingChanged.
    """
    for key, value in changes.items():
        if key not in RULES or not RULES[key].least <= value <= RULES[key].most:
            raise RuleOutOfRange(key=key)
    if since < now:
        raise RulesInThePast()
    with transaction():
        take_turns("ask rules")
        before = rules_at(since)
        new = {key: value for key, value in changes.items() if before[key] != value}
        if not new:
            raise NothingChanged()
        version = (db.session.scalar(select(func.max(AskRule.version))) or FIRST_VERSION) + 1
        db.session.add_all([AskRule(key=key, value=value, version=version, effective_from=since, by_user_id=by_user_id,
                                    written_at=now) for key, value in new.items()])
        db.session.flush()
    return version


def rule_rows() -> list[AskRule]:
    """Every change that was ever made or planned, newest first."""
    return list(db.session.scalars(select(AskRule).order_by(AskRule.effective_from.desc(), AskRule.key)))
