"""Lists live in `portal.web.listing` now; this name stays until nobody uses it any more."""

from portal.web.listing import Asked, Columns, Condition, Head, Listed, every_row, listed, number_of

__all__ = ["Asked", "Columns", "Condition", "Head", "Listed", "every_row", "listed", "number_of"]
