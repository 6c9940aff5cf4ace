"""Every table of the house, imported in one place for migrations and for foreign keys named by string."""

from core.audit import AuditRow
from core.outbox import OutboxRow
from experience.asks.models import (
    Answer,
    AskedMember,
    AskLog,
    AskRow,
    AskRule,
    AskWording,
    Expectation,
    Mailing,
    Note,
    NoteReply,
)
from experience.cases.models import Case, CaseEntry, CaseReason, CaseWatch, Fix
from experience.insight.models import Lookup, SavedView, Scan, StepOwner
from experience.insight.reconciliation import Reconciliation
from experience.promises.models import Promise
from experience.record.models import BrowserEvent, Event, Identity, QuarantinedEvent
from fleet.calendar.models import Occupancy
from fleet.cars.models import Car, CarModel, CarMove, CarReading
from fleet.damage.models import Mark
from fleet.energy.models import EnergyCard
from fleet.lots.models import Bay, Lot
from fleet.service.models import Block
from fleet.tariffs.models import PolicyRow, Promotion, Redemption, RulesStamp, Tariff
from fleet.telematics.models import CarCommand
from portal.account.contact.models import ContactChoice, PhoneNumber, PushDevice
from portal.account.leave.models import Departure
from portal.account.looks.models import DeskLook
from portal.account.models import Member, SignedIn, SignInFailure, User, UserRole
from portal.account.needs.models import MemberNeeds
from portal.account.plans.models import Pause, PlanChange
from portal.account.profile.models import EmailChange
from portal.account.security.models import (
    Authenticator,
    HalfSignIn,
    KnownDevice,
    Passkey,
    PasskeyChallenge,
    PasswordReset,
    RecoveryCode,
)
from portal.account.tier.models import TierLook, TierRequest
from portal.api.models import ApiAnswer, ApiToken
from portal.billing.adjustments.models import Adjustment
from portal.billing.cards.models import Card
from portal.billing.credits.models import Credit
from portal.billing.disputes.models import Dispute
from portal.billing.invoices.models import Invoice
from portal.billing.ledger.models import LedgerRow
from portal.billing.notices.models import Notice
from portal.billing.payers.models import AccountAdmin, CostCentre, Invitation, Payer, PayerDriver
from portal.billing.payments.models import (
    Chargeback,
    Payment,
    PaymentCall,
    PaymentEvent,
    PaymentPage,
    ProcessorMovement,
    Refund,
)
from portal.billing.referrals.models import Referral, ReferralCode
from portal.billing.remedies.models import Remedy
from portal.help.models import Conversation, Entry, HelpTemplate, IncomingMail
from portal.help.remarks.models import Remark, RemarkReport
from portal.help.suggestions.models import Suggestion, SuggestionVote
from portal.licence.models import Licence, LicencePicture, PictureView
from portal.messages.models import Delivery, Message
from portal.privacy.models import DataExport, Erasure, ExportDownload
from portal.signup.models import Application, SignUp
from reservations.booking.change.models import GivenBackQuarter, ReservationChange
from reservations.booking.models import Reservation, StoredQuote
from reservations.booking.moves.models import Move
from reservations.favourites.models import FavouriteCar, FavouriteLot
from reservations.feed.models import CalendarFeed
from reservations.fob.models import Fob, FobTap
from reservations.fuel.models import FuelStop
from reservations.search.models import PlaceAnswer
from reservations.series.models import Series
from reservations.trip.models import ConditionCheck, Trip
from reservations.waitlist.models import Wait, WaitOffer

__all__ = [
    "AccountAdmin", "Adjustment", "Answer", "ApiAnswer", "ApiToken", "Application", "AskLog", "AskRow", "AskRule",
    "AskWording", "AskedMember", "AuditRow", "Authenticator", "Bay", "Block", "BrowserEvent", "CalendarFeed", "Car",
    "CarCommand", "CarModel", "CarMove", "CarReading", "Card", "Case", "CaseEntry", "CaseReason", "CaseWatch", "Chargeback",
    "ConditionCheck", "ContactChoice", "Conversation", "CostCentre", "Credit", "DataExport", "Delivery", "Departure",
    "DeskLook", "Dispute", "EmailChange", "EnergyCard", "Entry", "Erasure", "Event", "Expectation", "ExportDownload",
    "FavouriteCar", "FavouriteLot", "Fix", "Fob", "FobTap", "FuelStop", "GivenBackQuarter", "HalfSignIn", "HelpTemplate",
    "Identity", "IncomingMail", "Invitation", "Invoice", "KnownDevice", "LedgerRow", "Licence", "LicencePicture", "Lookup",
    "Lot", "Mailing", "Mark", "Member", "MemberNeeds", "Message", "Move", "Note", "NoteReply", "Notice", "Occupancy",
    "OutboxRow", "Passkey", "PasskeyChallenge", "PasswordReset", "Pause", "Payer", "PayerDriver", "Payment", "PaymentCall",
    "PaymentEvent", "PaymentPage", "PhoneNumber", "PictureView", "PlaceAnswer", "PlanChange", "PolicyRow",
    "ProcessorMovement", "Promise", "Promotion", "PushDevice", "QuarantinedEvent", "Reconciliation", "RecoveryCode",
    "Redemption", "Referral", "ReferralCode", "Refund", "Remark", "RemarkReport", "Remedy", "Reservation",
    "ReservationChange", "RulesStamp", "SavedView", "Scan", "Series", "SignInFailure", "SignUp", "SignedIn", "StepOwner",
    "StoredQuote", "Suggestion", "SuggestionVote", "Tariff", "TierLook", "TierRequest", "Trip", "User", "UserRole", "Wait",
    "WaitOffer",
]
