"""What waits for reviewers, made through the verbs of joining."""

from dataclasses import dataclass
from datetime import date
from itertools import count

from flask import Flask

from core.database import db
from core.outbox import OutboxRow
from portal.account.models import Member, MemberStatus, Plan, User
from portal.licence.models import Licence
from portal.signup.appeal import appeal
from portal.signup.by_rule import decide_by_rule
from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.models import Application
from portal.signup.plan import choose_plan
from portal.signup.start import start_application
from portal.signup.submit import submit
from portal.worker import do_due
from tests.factories import Clock, People
from tests.portal.licence.showing import a_sent, a_verified, outside
from tests.reservations.pages import Browser

_numbers = count(1)


@dataclass
class Reviews:
    """The reviewers' desk: Ines and Otto, each in their browser."""

    app: Flask
    clock: Clock
    people: People
    ines: User
    otto: User
    browser: Browser
    ottos: Browser

    def applied(self, name: str = "Bo Lindqvist", *, number: str = "", licence_from: LicenceFrom = LicenceFrom.ELSEWHERE,
                judged: bool = True) -> Application:
        """Somebody whose application no rule decides, because of where the licence is from."""
        member = self.people.member(name, status=MemberStatus.APPLICANT)
        member.phone = "+13125550123"
        db.session.commit()
        application = start_application(member=member, now=self.clock(), answers=Answers(
            date(1990, 5, 1), date(2015, 3, 1), licence_from))
        a_sent(member, number=number or f"D400-1234-{next(_numbers):04d}", now=self.clock())
        choose_plan(application=application, plan=Plan.REGULAR, now=self.clock())
        submit(application=application, terms_version="1", texts=False, now=self.clock())
        if judged:
            decide_by_rule(application=application, doubts=(), now=self.clock())
        return application

    def shown_again(self, name: str = "Ada Okafor") -> Licence:
        """A member's new licence about which the check is not sure."""
        member = self.people.member(name)
        a_verified(member, number=f"D400-1234-{next(_numbers):04d}", now=self.clock())
        licence = a_sent(member, number="D400-1234-9901", now=self.clock())
        do_due(self.app)
        return self.fresh(licence)

    def appealed(self, application: Application, words: str = "That was my brother’s car.") -> Application:
        appeal(application=self.fresh(application), words=words, seal=outside().seal, now=self.clock())
        return self.fresh(application)

    @staticmethod
    def fresh(row):
        db.session.rollback()
        return db.session.get(type(row), row.id, populate_existing=True)


def posted(kind: str, member: Member) -> int:
    """How many jobs of a kind there are about somebody."""
    return db.session.query(OutboxRow).filter_by(kind=kind, member_id=member.id).count()
