"""Where a car is, seen from its own bay."""

from geopy.distance import great_circle

AT_BAY_M = 75.0  # metres; positions drift between houses and are guessed in garages


def metres_apart(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    """Metres between two points as the crow flies, within half a percent."""
    return float(great_circle((lat, lng), (other_lat, other_lng)).meters)


def is_away(metres: float | None) -> bool:
    """Whether a car this far from its bay is not in it; a car that was never heard is taken to be there."""
    return metres is not None and metres > AT_BAY_M
