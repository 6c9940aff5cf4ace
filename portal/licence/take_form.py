"""Taking the form of a licence: what is right of it is kept whatever else is wrong, and whole it is sent."""

from datetime import datetime

from flask_babel import gettext as _

from core.files import Files
from core.pictures import PictureRefused
from core.sealed import Seal
from portal.account.models import Member
from portal.licence.errors import NotWholeYet, SamePicture, TooManyPictures
from portal.licence.forms import LicenceForm
from portal.licence.keep_picture import keep_picture
from portal.licence.models import Licence, Side
from portal.licence.submit import draft_of, keep_details, submit_licence
from portal.web.page import stopped_by_fields
from portal.web.uploads import label_of

DETAILS = ("place", "number", "name", "held_since", "expires_on")


def take_form(form: LicenceForm, *, member: Member, now: datetime, files: Files, seal: Seal) -> bool:
    """Keep what was sent in the member's draft, and send that when the button says so. True once it is sent; else the form has
    words beside what is wrong, or was only kept. Raises LicenceIsSent while one waits for its answer."""
    form.validate_on_submit()
    licence = draft_of(member, now)
    refused = _keep_pictures(form, licence, now, files, seal)
    if not any(form[name].errors for name in DETAILS):
        keep_details(licence=licence, details=form.details, seal=seal)
    if form.sends and not form.errors:
        refused |= _send(form, licence, now)
    if refused:
        stopped_by_fields(sorted(refused))
    return form.sends and not form.errors


def _keep_pictures(form: LicenceForm, licence: Licence, now: datetime, files: Files, seal: Seal) -> set[str]:
    """Keep each that can be; the others have words beside them."""
    refused = set()
    for side in Side:
        sent = form.file(side)
        if not sent:
            continue
        try:
            keep_picture(licence=licence, side=side, stream=sent.stream, now=now, files=files, seal=seal,
                         label=label_of(sent))
        except (PictureRefused, TooManyPictures) as refusal:
            form[side].errors = [f"{refusal.says} {refusal.remedy}"]
            refused.add(str(side))
    return refused


def _send(form: LicenceForm, licence: Licence, now: datetime) -> set[str]:
    """Send it, or say beside which fields something is missing."""
    missing = form.missing() | {
        str(side): _("This picture is still missing.") for side in Side if licence.picture(side) is None}
    if not missing:
        try:
            submit_licence(licence=licence, now=now)
        except SamePicture as refusal:
            missing = {"back": f"{refusal.says} {refusal.remedy}"}
        except NotWholeYet as refusal:  # another window took something away meanwhile
            missing = {"front": f"{refusal.says} {refusal.remedy}"}
    for name, words in missing.items():
        form[name].errors = [words]
    return set(missing)
