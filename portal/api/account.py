"""`/me`: whom a token acts for, and their statement."""

from typing import Any

from flask import Response

from core.money import Money
from experience.journey import Step
from portal.api import as_json
from portal.api.cursor import next_of, place_of
from portal.api.document import MachineDoor, refuses
from portal.api.door import machine
from portal.api.models import Scope
from portal.api.schemas import CostCentresSchema, MeSchema, Page, StatementSchema
from portal.billing.payers.on_account import on_account
from portal.billing.statements.queries import StatementRow, StatementRows, TripNamed, payer_of_pages, trips_of
from portal.billing.words import label
from portal.web import say
from portal.web.page import me

bp = MachineDoor("me", __name__, url_prefix="/api/v1", description="The member.")


@bp.route("/me", methods=["GET"])
@machine(scope=Scope.READ, exempt="asks whose token this is, which is no step of anybody’s journey")
@refuses(scope=Scope.READ)
@bp.response(200, MeSchema, example={
    "name": "Ada Okafor", "email": "ada@example.com", "plan": "regular", "status": "active", "may_drive": True,
    "member_since": "2026-03-02", "owed": {"amount": 0, "currency": "USD"}, "credit": {"amount": 500, "currency": "USD"}})
def show() -> Response:
    """Whom the token acts for, whether they may drive, and what they owe."""
    member = me()
    payer = payer_of_pages(member.id)
    return as_json.answer({
        "name": member.name, "email": member.user.email, "plan": member.plan, "status": member.status,
        "may_drive": member.may_drive, "member_since": f"{member.joined_at.astimezone(say.CITY_ZONE):%Y-%m-%d}",
        "owed": as_json.money(Money(payer.owed_cents, payer.currency)),
        "credit": as_json.money(Money(payer.credit_cents, payer.currency))})


@bp.route("/me/cost-centres", methods=["GET"])
@machine(scope=Scope.READ, exempt="reads what a booking may name, which is no step of anybody’s journey")
@refuses(scope=Scope.READ)
@bp.response(200, CostCentresSchema, example={
    "demanded": True, "items": [{"code": "S1", "name": "Sales", "usual": True},
                                {"code": "W2", "name": "Workshop", "usual": False}]})
def cost_centres() -> Response:
    """The cost centres of the business that pays for the member, as far as they take trips; none where none pays."""
    account = on_account(me().id)
    found = account.cost_centres if account else []
    return as_json.answer({
        "demanded": account is not None and account.demands,
        "items": [{"code": one.code, "name": one.name, "usual": account is not None and one.id == account.terms.cost_centre_id}
                  for one in found]})


@bp.route("/me/statement", methods=["GET"])
@machine(Step.PAY_BILL, scope=Scope.READ)
@refuses(scope=Scope.READ, query=True)
@bp.response(200, StatementSchema)
@bp.arguments(Page, location="query")
def statement(asked: dict[str, Any]) -> Response:
    """Every line of the member's account with what was owed after it, newest first."""
    payer = payer_of_pages(me().id)
    found = StatementRows(payer.id, place_of("statement", asked.get("after")), asked["limit"] + 1).all()
    page = found[:asked["limit"]]
    trips = trips_of(row.line for row in page)
    more = next_of("statement", page[-1].line.id) if len(found) > len(page) else None
    return as_json.answer({"items": [_row(row, trips.get(row.line.reservation_id or 0)) for row in page], "next": more})


def _row(row: StatementRow, trip: TripNamed | None) -> dict[str, Any]:
    line = row.line
    return {"id": str(line.id), "at": as_json.at(line.at, say.CITY_ZONE), "code": line.code, "label": label(line),
            "amount": as_json.money(line.amount), "balance": as_json.money(row.balance),
            "reservation_id": trip.reference if trip else None}
