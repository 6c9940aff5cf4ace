"""The reviewers' forms."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField
from wtforms.validators import DataRequired

from portal.desk.applications.words import SIDES
from portal.desk.reviewing import words_field
from portal.signup.reasons import REASONS, Reason
from portal.web.forms import Boxes, Form

PICTURE_REASONS = (Reason.UNREADABLE, Reason.NOT_A_LICENCE, Reason.DETAILS_DIFFER, Reason.FACE_DIFFERS, Reason.EXPIRED)


class ApproveForm(Form):
    words = words_field(_l("A sentence to them"))


class RefuseForm(Form):
    """Why not: what the applicant reads, word by word."""

    reasons = Boxes(_l("Why"), choices=[
        SelectChoice(str(reason), each.says) for reason, each in REASONS.items() if each.refuses],
                    validators=[DataRequired(_l("Choose one or more of the list."))])
    words = words_field(_l("A sentence to them"), DataRequired(_l("Say it in a sentence: they read it as you write it.")))


class PictureForm(Form):
    """One side again, and what is wrong with it."""

    side = SelectField(_l("Which picture"), choices=[SelectChoice("", _l("Choose one")), *(
        SelectChoice(str(side), name) for side, name in SIDES.items())], validators=[DataRequired(_l("Choose one."))])
    reason = SelectField(_l("What is wrong with it"), choices=[SelectChoice("", _l("Choose why")), *(
        SelectChoice(str(reason), REASONS[reason].says) for reason in PICTURE_REASONS)], validators=[
            DataRequired(_l("Choose why."))])
    words = words_field(_l("A sentence to them"), DataRequired(_l("Say what to do better: they read it as you write it.")))
