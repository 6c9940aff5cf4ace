"""People who are joining: one in the middle of it, one waits for a reviewer, one has appealed, and one has just joined."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from flask import current_app
from PIL import Image, ImageDraw

from demo.city import City
from demo.people import APPLICANT_EMAIL, JOINING, person
from portal.account.contact.code import code_for
from portal.account.contact.confirm_number import ask_for_code, confirm_number
from portal.account.models import Member, Plan
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.pages import ask_for_card, come_back
from portal.licence.keep_picture import keep_picture
from portal.licence.models import Side
from portal.licence.submit import Details, draft_of, keep_details, submit_licence
from portal.signup.appeal import appeal
from portal.signup.decide import decide, take
from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.models import Verdict
from portal.signup.plan import choose_plan
from portal.signup.queries import my_application
from portal.signup.reasons import Reason
from portal.signup.start import start_application
from portal.signup.submit import submit

# The numbers of their licences (docs/licence.md), and how many hours before the end they send theirs.
WAITS, APPEALS, JOINED = JOINING
SENT = {WAITS: ("A416-8888-9901", 5.0), APPEALS: ("B400-7777-9904", 30.0), JOINED: ("C236-6666-5555", 9.0)}
ANSWERS = Answers(date(1994, 4, 9), date(2014, 6, 2), LicenceFrom.US)


def plan_joining(city: City, ends: datetime) -> None:
    """Have them come to where they are when the city opens."""
    start = ends - timedelta(hours=32)
    _at(city, start, lambda: _begin(city, APPLICANT_EMAIL, 1))
    for number, (email, (licence, hours)) in enumerate(SENT.items(), start=2):
        _at(city, ends - timedelta(hours=hours), partial(_send, city, email, JOINING[email], licence, number))
    _at(city, ends - timedelta(hours=22), lambda: _refuse(city, APPEALS))
    _at(city, ends - timedelta(hours=3), lambda: appeal(
        application=my_application(_member(APPEALS).id), now=city.life.now, seal=city.outside.seal,
        words="I have grown a beard since that picture was taken. My passport shows the same face."))


def _at(city: City, at: datetime, do: Callable[[], object]) -> None:
    def act() -> None:
        do()

    city.life.plan(at, act, alone=True)


def _member(email: str) -> Member:
    found = person(email).member
    assert found is not None
    return found


def _begin(city: City, email: str, number: int) -> None:
    """The free check and a number that is confirmed."""
    member, now, secret = _member(email), city.life.now, current_app.config["SECRET_KEY"]
    start_application(member=member, answers=ANSWERS, now=now)
    row = ask_for_code(member=member, number=f"+1312555{170 + number:04d}", now=now)
    confirm_number(member=member, code=code_for(row.id, secret), secret=secret, now=now)


def _send(city: City, email: str, name: str, licence: str, number: int) -> None:
    """All of it, sent; the rules look at it with the next round of the worker."""
    _begin(city, email, number)
    member, now = _member(email), city.life.now
    _show_licence(city, member, name, licence)
    application = my_application(member.id)
    choose_plan(application=application, plan=Plan.REGULAR if number % 2 else Plan.PAY_AS_YOU_GO, now=now)
    page = ask_for_card(payer=own_payer(member.id), back_to="/join/payment", now=now)
    city.hand_out_letters()
    city.give_card(page, "pm_card_visa")
    come_back(page=page, now=now)
    city.hand_out_letters()
    submit(application=application, terms_version="1", texts=True, now=now)
    city.hand_out_letters()


def _show_licence(city: City, member: Member, name: str, number: str) -> None:
    licence, outside, now = draft_of(member, city.life.now), city.outside, city.life.now
    for side in Side:
        keep_picture(licence=licence, side=side, stream=io.BytesIO(_picture(side, name, number)), now=now,
                     files=outside.files, seal=outside.seal)
    keep_details(licence=licence, seal=outside.seal,
                 details=Details("US-IL", number, name, ANSWERS.held_since, date(now.year + 3, 4, 9)))
    submit_licence(licence=licence, now=now)


def _picture(side: Side, name: str, number: str) -> bytes:
    """A drawn licence, or a drawn face: nobody's picture stands in the demo city."""
    picture = Image.new("RGB", (1000, 640), {Side.FRONT: "#c9dcef", Side.BACK: "#e4e1d6", Side.SELFIE: "#d8cfc4"}[side])
    draw = ImageDraw.Draw(picture)
    face = (60, 160, 340, 520) if side is Side.FRONT else (320, 90, 680, 560)
    if side is Side.BACK:
        for place in range(60, 940, 14):
            draw.rectangle((place, 420, place + 4 + place % 7, 560), fill="#222222")
    else:
        draw.ellipse(face, fill="#b98a66")
        middle, top, eye = (face[0] + face[2]) // 2, face[1], (face[3] - face[1]) // 3
        for apart in (-55, 55):
            draw.ellipse((middle + apart - 12, top + eye, middle + apart + 12, top + eye + 24), fill="#2b2018")
        draw.arc((middle - 60, top + 2 * eye - 30, middle + 60, top + 2 * eye + 30), 20, 160, fill="#2b2018", width=8)
    if side is Side.FRONT:
        printed = ("ILLINOIS  DRIVER'S LICENSE", f"DLN {number}", name.upper(), "DOB 04/09/1994", "SPECIMEN")
        for line, words in enumerate(printed):
            draw.text((400, 150 + 74 * line), words, fill="#1b2a3a", font_size=38)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def _refuse(city: City, email: str) -> None:
    application, reviewer, now = my_application(_member(email).id), person("reviewer@example.com"), city.life.now
    take(application=application, reviewer=reviewer, now=now)
    decide(application=application, verdict=Verdict.REFUSED, reasons=[Reason.FACE_DIFFERS], reviewer=reviewer, now=now)
    city.hand_out_letters()
