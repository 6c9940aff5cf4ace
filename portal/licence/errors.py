"""How what a member shows of a licence is refused; pictures have refusals of their own (`core.pictures`)."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.refusal import Refusal
from portal.web.say import long_day


class TooManyPictures(Refusal):
    code, status = "too_many_pictures", 429
    says = _l("You have sent as many pictures as we take in one day.")
    remedy = _l("What arrived is kept. Go on tomorrow, or write to us if you cannot get a good picture.")


class LicenceIsSent(Refusal):
    code, status = "licence_is_sent", 409
    says = _l("This licence has been sent, so nothing of it changes any more.")
    remedy = _l("Wait for the answer: it says what to do next.")


class NotWholeYet(Refusal):
    code, status = "licence_not_whole", 409
    says = _l("Something is still missing: all three pictures and all fields.")
    remedy = _l("What you have sent is kept. Add the rest and send it.")


class SamePicture(Refusal):
    code, status = "same_picture", 422
    says = _l("Two of the three pictures are the same one.")
    remedy = _l("We need the front, the back, and one of your face. Choose the right one for each.")


class NotPending(Refusal):
    code, status = "licence_not_pending", 409
    says = _l("This licence waits for no decision any more.")
    remedy = _l("Somebody was faster. Look at it again.")


class LicenceHasEnded(Refusal):
    code, status = "licence_has_ended", 409
    remedy = _l("Ask for a new picture first, with “expired” as the reason: they send it with the day until which it counts.")

    def __init__(self, ended_on: date) -> None:
        super().__init__()
        self.says = _("By the day that was typed in, this licence ended on %(day)s: it cannot be approved.",
                      day=long_day(ended_on))


class OnAnotherDesk(Refusal):
    code, status = "licence_on_another_desk", 409
    says = _l("A colleague has this licence on their desk.")
    remedy = _l("Take it over first, or take the next one.")


class OwnLicence(Refusal):
    code, status = "own_licence", 403
    says = _l("This is your own licence.")
    remedy = _l("Leave it to a colleague with the reviewer role.")


class NumberIsTaken(Refusal):
    code, status = "licence_number_taken", 409
    says = _l("Another member has this licence already.")
    remedy = _l("Compare the two accounts: one person has one membership.")
