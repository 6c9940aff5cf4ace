"""What a machine does about a no, where the words on our pages speak of buttons and of what stands below them."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

NEXT: Mapping[str, Any] = {
    "already_returned": _l("GET /me/statement has what it cost."),
    "bad_span": _l("Look at “errors”, and send other times."),
    "booking_stopped": _l("Nothing was booked or changed. The member pays what is open on our site; both work again at once."),
    "card_first": _l("Nothing was booked or changed. The member adds a card on our site; that costs nothing."),
    "car_still_out": _l("Nothing was booked or changed. Take another car, or a start in an hour or more."),
    "car_taken": _l("Nothing was booked or changed, and nothing is charged. Take another car, or another time."),
    "change_dearer_than_shown": _l("Nothing was changed. Ask for a change-quote, and send the difference that you accept."),
    "change_too_late": _l("Nothing was changed. Make a new reservation."),
    "check_first": _l("Send a report first: as_listed, damage or skipped."),
    "check_stands": _l("Send a report of the kind problem; a person reads it."),
    "class_without_price": _l("Nothing was changed. Take a car of another class."),
    "dearer_than_shown": _l("Nothing was cancelled. Leave max_fee out, or send one that covers the fee."),
    "licence_over": _l("The member shows us a new licence on our site. Until then: PATCH to days on which theirs counts."),
    "may_not_drive": _l("GET /me says whether the member may drive; our site tells them what is missing."),
    "membership_over": _l("GET /me says how the membership stands; our site tells the member more."),
    "not_driving": _l("The first unlock begins the trip."),
    "not_found": _l("There is no such thing, or it is not the member’s. Compare the id."),
    "not_in_its_bay": _l("Drive it back to its bay. If its box is wrong, send in_its_bay; if the bay is taken, bay_taken."),
    "not_text": _l("Nothing was done. Send text without NUL."),
    "nothing_to_change": _l("Send another start, end or car_id."),
    "odometer_leapt": _l("Compare it with the dashboard: is there a digit too many?"),
    "offer_expired": _l("Nothing was booked. POST /quotes gives today’s price; a quote lives for 15 minutes."),
    "payment_first": _l("The member confirms it with their bank, or adds another card, on our site. The car stays theirs."),
    "place_finder_down": _l("Send lat and lng instead of near, or try again in a minute."),
    "quote_unknown": _l("POST /quotes makes one. A quote is its member’s own, and forgotten a day after it has run out."),
    "receipt_too_dear": _l("Compare both figures with the receipt. If they are right, send a report of the kind problem."),
    "time_over": _l("It may be somebody else’s by now. Make a new reservation."),
    "too_large": _l("Send less than 1 MB at once."),
    "too_late_to_cancel": _l("Bring the car back: POST /reservations/{id}/return ends the trip."),
    "trip_over": _l("Has something been left in it? The member tells us on our site."),
    "under_way": _l("Send a report of the kind problem, or tell us when the car is returned."),
    "yours_already": _l("Nothing was booked or changed. “reservation_id” is the booking that has that time."),
}
SAYS: Mapping[str, Any] = {
    "change_dearer_than_shown": _l("The change adds more to the price than max_difference."),
    "dearer_than_shown": _l("Cancelling costs more than max_fee."),
    "not_driving": _l("The car has not been opened for this booking yet."),
    "not_found": _l("There is no such thing."),
    "offer_expired": _l("The quote has run out, or is of another plan than the member’s is now."),
    "too_large": _l("That is too large to send."),
}
