"""Examples of the document; a test holds them to its schemas."""

WISH = {"car_id": "acorn", "start": "2026-11-28T14:15:00-06:00", "end": "2026-11-28T17:45:00-06:00", "waiver": "plus"}
MONEY = {"amount": 3840, "currency": "USD"}
QUOTE = {
    "id": "w4k7q2m9xzc1r8v0t3bn", "total": MONEY, "expires_at": "2026-11-27T09:30:00-06:00",
    "lines": [{"code": "time_weekend", "label": "3 h 30 min at $10.97 an hour", "amount": MONEY}]}
CAR = {"id": "acorn", "name": "Acorn", "plate": "RT 14 207", "class": "compact", "fuel": "gasoline",
       "lot": {"name": "Logan Square Station", "lat": 41.9298, "lng": -87.7073}, "bay": 3}
RESERVATION = {
    "id": "w4k7q2m9xz", "status": "booked", "car": CAR, "start": "2026-11-28T14:15:00-06:00",
    "end": "2026-11-28T17:45:00-06:00", "waiver": "plus", "price": MONEY, "booked_at": "2026-11-27T09:20:00-06:00"}
CHANGE_QUOTE = {
    "total": {"amount": 4937, "currency": "USD"}, "kind": "extend", "car": CAR, "start": "2026-11-28T14:15:00-06:00",
    "end": "2026-11-28T18:45:00-06:00", "before": MONEY, "difference": {"amount": 1097, "currency": "USD"},
    "kept": {"amount": 0, "currency": "USD"}, "lines": [
        {"code": "time_weekend", "label": "4 h 30 min at $10.97 an hour", "amount": {"amount": 4937, "currency": "USD"}}]}
COMMAND = {"id": "0193642e-7c00-7abc-8def-0123456789ab", "action": "unlock", "state": "waiting",
           "asked_at": "2026-11-28T14:10:03-06:00", "answered_at": None, "reason": None}
FILL = {"paid_by": "card", "station": "Shell, Ashland Ave", "amount": {"amount": 3140, "currency": "USD"},
        "volume_thousandths": 9214}
