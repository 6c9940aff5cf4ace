"""Every table of the house, imported in one place for migrations and for foreign keys named by string."""

from core.audit import AuditRow
from core.outbox import OutboxRow
from experience.asks.models import Note, NoteReply
from experience.record.models import Event, Identity
from fleet.calendar.models import Occupancy
from fleet.cars.models import Car, CarModel, CarMove, CarReading
from fleet.damage.models import Mark
from fleet.energy.models import EnergyCard
from fleet.lots.models import Bay, Lot
from fleet.service.models import Block
from fleet.tariffs.models import PolicyRow, Tariff
from fleet.telematics.models import CarCommand
from portal.account.models import Member, SignedIn, SignInFailure, User, UserRole
from portal.messages.models import Message
from reservations.booking.models import Reservation
from reservations.fuel.models import FuelStop
from reservations.search.models import PlaceAnswer
from reservations.trip.models import BillLine, ConditionCheck, Trip

__all__ = [
    "AuditRow", "Bay", "BillLine", "Block", "Car", "CarCommand", "CarModel", "CarMove", "CarReading",
    "ConditionCheck", "EnergyCard", "Event", "FuelStop", "Identity", "Lot", "Mark", "Member", "Message", "Note",
    "NoteReply", "Occupancy", "OutboxRow", "PlaceAnswer", "PolicyRow", "Reservation", "SignInFailure",
    "SignedIn", "Tariff", "Trip", "User", "UserRole",
]
