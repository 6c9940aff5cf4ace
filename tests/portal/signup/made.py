"""Applicants at every point of their way."""

from datetime import date
from itertools import count
from typing import Any

from core.database import db, transaction
from core.outbox import deliver
from portal.account.contact.code import code_for as text_code
from portal.account.contact.confirm_number import ask_for_code, confirm_number
from portal.account.models import Member, MemberStatus, Plan
from portal.handlers import handlers
from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.models import Application
from portal.signup.plan import choose_plan
from portal.signup.start import start_application
from portal.signup.submit import submit
from tests.factories import NOON, VISA, People, a_card
from tests.portal.licence.showing import a_sent

ANSWERS = Answers(date(1990, 5, 4), date(2010, 6, 1), LicenceFrom.US)
_numbers = count(1000)


def an_applicant(people: People, name: str = "Nico Tanaka", *, answers: Answers = ANSWERS, now: Any = NOON) -> Application:
    """Somebody whose application is open, with the free check behind them."""
    member = people.member(name, status=MemberStatus.APPLICANT, card=None)
    return start_application(member=member, answers=answers, now=now)


def a_whole(site: Any, people: People, name: str = "Nico Tanaka", *, answers: Answers = ANSWERS, plan: Plan = Plan.REGULAR,
            now: Any = NOON, **licence: Any) -> Application:
    """An open application with everything in it."""
    application = an_applicant(people, name, answers=answers, now=now)
    number, member = a_number(site, application.member, now=now), application.member
    a_sent(db.session.get_one(Member, member.id), **{"number": f"T400{number:08d}", "now": now} | licence)
    choose_plan(application=application, plan=plan, now=now)
    a_card(db.session.get_one(Member, member.id), VISA)
    return application


def a_number(site: Any, member: Member, *, now: Any = NOON) -> int:
    """A confirmed number of theirs; its last four digits."""
    number, secret = next(_numbers), site.config["SECRET_KEY"]
    row = ask_for_code(member=member, number=f"+1312555{number}", now=now)
    confirm_number(member=member, code=text_code(row.id, secret), secret=secret, now=now)
    return number


def a_submitted(site: Any, people: People, name: str = "Nico Tanaka", *, now: Any = NOON, **given: Any) -> Application:
    """One that waits for a decision; no rule has looked at it yet."""
    application = a_whole(site, people, name, now=now, **given)
    submit(application=application, terms_version="1", texts=True, now=now)
    return application


def work(site: Any) -> None:
    """Do what is due."""
    while deliver(handlers(site.extensions["adapters"], site.config["SITE_URL"]), limit=50):
        continue
    db.session.rollback()


def again(application: Application) -> Application:
    """As it is now."""
    db.session.rollback()
    return db.session.get_one(Application, application.id, populate_existing=True)


def set_to(application: Application, **values: Any) -> None:
    """Change a row as no verb would."""
    with transaction():
        for name, value in values.items():
            setattr(db.session.get_one(Application, application.id), name, value)
