"""What waits for a city's reviewers in the morning: `python -m tests.browser.reviews_day` makes it and prints what it made.

Twenty-five matters that no rule decides: applications, appeals against what a colleague refused, and licences of members; and
requests for the reduced tier.
"""

import json
import subprocess
import sys
from datetime import date
from io import BytesIO
from pathlib import Path

from flask import Flask
from sqlalchemy import exists, select

from core.database import db, transaction
from core.time import now
from portal.account.add_user import add_member, add_user
from portal.account.models import Member, MemberStatus, Plan, User
from portal.account.passwords import hash_password
from portal.account.tier.ask import ask_for_tier
from portal.account.tier.models import Benefit, TierRequest
from portal.adapters import Adapters
from portal.app import create_app
from portal.billing.cards.keep import keep_card
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.port import CardSeen
from portal.licence.judge import judge
from portal.signup.appeal import appeal
from portal.signup.by_rule import decide_by_rule
from portal.signup.decide import decide
from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.models import Application, Verdict
from portal.signup.plan import choose_plan
from portal.signup.reasons import Reason
from portal.signup.start import start_application
from portal.signup.submit import submit
from tests.browser.city import PASSWORD, ROOT, environment
from tests.portal.licence.showing import a_sent, photo

APPLICATIONS, APPEALS, LICENCES, TIERS = 17, 4, 4, 3
Made = dict[str, list[str]]


def fill(home: Path) -> Made:
    """Fill the city in `home`; the ids of what was made, by kind."""
    done = subprocess.run([sys.executable, "-m", "tests.browser.reviews_day"], env=environment(home), cwd=ROOT, check=True,
                          capture_output=True, text=True)
    made: Made = json.loads(done.stdout.splitlines()[-1])
    return made


def _make(site: Flask) -> Made:
    outside, shared = site.extensions["adapters"], hash_password(PASSWORD)
    applied = [_applied(n, shared) for n in range(APPLICATIONS + APPEALS)]
    colleague = db.session.scalars(select(User).where(User.email == "reviewer2@example.com")).one()
    for application in applied[APPLICATIONS:]:
        decide(application=application, verdict=Verdict.REFUSED, reasons=[Reason.FACE_DIFFERS], reviewer=colleague, now=now())
        appeal(application=application, words="I have a beard now.", seal=outside.seal, now=now())
    riders = db.session.scalars(select(Member).join(User).where(
        User.email.startswith("rider"), Member.status == MemberStatus.ACTIVE).order_by(User.email).limit(LICENCES)).all()
    licences = [a_sent(rider, number=f"D400-{n:04d}-9901", now=now()) for n, rider in enumerate(riders)]
    for licence in licences:
        judge(licence=licence, check=outside.licences, files=outside.files, seal=outside.seal, now=now())
        with transaction():
            db.session.refresh(licence)
            licence.due_at = now()
    return {"applications": [each.id.hex for each in applied], "licences": [each.id.hex for each in licences],
            "tiers": [each.id.hex for each in _tiers(outside)]}


def _tiers(outside: Adapters) -> list[TierRequest]:
    """Requests of members who have never asked."""
    never = ~exists().where(TierRequest.member_id == Member.id)
    members = db.session.scalars(select(Member).join(User).where(
        User.email.startswith("rider"), Member.status == MemberStatus.ACTIVE, never)
        .order_by(User.email.desc()).limit(TIERS)).all()
    return [ask_for_tier(member=each, benefit=Benefit.SNAP, stream=BytesIO(photo(60 + 30 * n)), now=now(), files=outside.files,
                         seal=outside.seal) for n, each in enumerate(members)]


def _applied(n: int, password_hash: str) -> Application:
    with transaction():
        user = add_user(email=f"joiner{n:02d}@example.com", name=f"Joiner Number{n:02d}", password_hash=password_hash)
        member = add_member(user=user, plan=Plan.PAY_AS_YOU_GO, status=MemberStatus.APPLICANT, phone="+13125550123")
        keep_card(own_payer(member.id), CardSeen(f"pm_day_{n}", "visa", "4242", 12, 2030), now())
    application = start_application(member=member, now=now(), answers=Answers(
        date(1990, 5, 1), date(2015, 3, 1), LicenceFrom.ELSEWHERE))
    a_sent(member, number=f"D400-1234-{n:04d}", now=now())
    choose_plan(application=application, plan=Plan.REGULAR, now=now())
    submit(application=application, terms_version="1", texts=False, now=now())
    decide_by_rule(application=application, doubts=(), now=now())
    return application


if __name__ == "__main__":
    made_here = create_app()
    with made_here.app_context():
        print(json.dumps(_make(made_here)))
