"""Reads about blocks: which cars are out of service now."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from core.database import db
from fleet.service.models import Block


@dataclass(frozen=True, slots=True)
class OpenBlocks:
    """Blocks that nobody has ended, the one that was due first at the top."""

    def select(self) -> Select[tuple[Block]]:
        return select(Block).where(Block.ended_at.is_(None)).order_by(Block.until, Block.id)

    def all(self) -> list[Block]:
        return list(db.session.scalars(self.select()))


def open_block_of(car_id: int) -> Block | None:
    """The block that keeps this car out of service, if one does."""
    return db.session.scalar(select(Block).where(Block.car_id == car_id, Block.ended_at.is_(None)))
