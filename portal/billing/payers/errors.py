"""How driving, inviting and running an account is refused. What an account does not allow says who can change that."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class AccountCannotPay(Refusal):
    """Of somebody's account: the driver can do nothing about its card or bill."""

    code, status = "account_cannot_pay", 409

    def __init__(self, who: str) -> None:
        super().__init__()
        self.says = _("The account that pays for your trips cannot pay now.")
        self.remedy = _("Nothing was booked. Ask %(who)s to look at the account’s payments.", who=who)


class AccountPaused(AccountCannotPay):
    """Its owner pauses their membership: nobody books on it meanwhile."""

    code = "account_paused"

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.says = _("The account that pays for your trips is paused.")
        self.remedy = _("Nothing was booked. %(who)s can end the pause; or stop driving on their account, and pay yourself.",
                        who=who)


class NotAllowed(Refusal):
    """What whoever runs the account does not let this driver do."""

    code, status = "not_on_this_account", 403

    def __init__(self, says: str, who: str) -> None:
        super().__init__()
        self.says, self.remedy = says, _("Nothing was booked or changed. %(who)s can change this limit.", who=who)


class OverTheMonth(NotAllowed):
    code = "over_the_month"


class ClassNotAllowed(NotAllowed):
    code = "class_not_allowed"


class HourNotAllowed(NotAllowed):
    code = "hour_not_allowed"


class PaysNoMore(Refusal):
    code, status = "pays_no_more", 409
    says = _l("The account that pays for this trip does not pay for you any more, so the trip cannot get dearer.")
    remedy = _l("Nothing was changed. Keep it as it is, or cancel it and book anew.")


class CostCentreFirst(Refusal):
    code, status = "cost_centre_first", 422
    says = _l("Your business wants each trip to name a cost centre.")
    remedy = _l("Nothing was booked. Choose one, or ask for one that is yours.")


class InvitationIsOver(Refusal):
    code, status = "invitation_is_over", 410
    says = _l("This invitation counts no more.")
    remedy = _l("An invitation works once and for some days, and may be withdrawn. Ask for a new one.")


class ForAnotherAddress(Refusal):
    code, status = "for_another_address", 403
    says = _l("This invitation was sent to another address than the one you sign in with.")
    remedy = _l("Sign in with that address, or ask to be invited at yours.")


class NotADriverYet(Refusal):
    code, status = "not_a_driver_yet", 409
    says = _l("Whoever drives needs a membership of their own.")
    remedy = _l("Join first; it is free to ask. Then open the invitation again.")


class TooManyInvitations(Refusal):
    code, status = "too_many_invitations", 429
    says = _l("Too many invitations were sent from this account today.")
    remedy = _l("Wait until tomorrow. Those that were sent still count.")


class InvitedYourself(Refusal):
    code, status = "invited_yourself", 422
    says = _l("That is your own address: you pay for your own trips already.")
    remedy = _l("Type the address of whoever is to drive.")


class LastAdmin(Refusal):
    code, status = "last_admin", 409
    says = _l("Somebody has to run this account, and nobody else does.")
    remedy = _l("Invite another admin first; when they have accepted, this works.")


class CodeInUse(Refusal):
    code, status = "code_in_use", 409
    says = _l("There is a cost centre with this code already.")
    remedy = _l("Take another code, or change the one that is there.")
