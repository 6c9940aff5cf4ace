"""Taking everything with one: asked for by whose it is, packed by the worker, kept sealed for a while, and let go."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from core.database import db, hold_nothing_open, rows_changed, take_turns, transaction
from core.files import FileGone, Files, new_key
from core.ids import random_id
from core.outbox import Job, post
from core.refusal import NotFound
from core.sealed import Seal
from core.sweep import sweep
from core.time import now as clock
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import User
from portal.privacy.errors import DownloadIsOver
from portal.privacy.letters import tell
from portal.privacy.models import DataExport, ExportDownload, ExportState
from portal.privacy.pack import packed
from portal.privacy.promise import promise_done, settle_done
from portal.privacy.register import HOLDERS
from portal.privacy.whose import person_of

KIND = "export"  # of the keys in the file store
AT_ONCE = 100
STUCK = timedelta(days=2)  # longer than the outbox tries: nothing comes of it any more


def ask_for_export(*, user: User, now: datetime) -> DataExport:
    """Have everything packed. Asked again within the policy's hours it is the same download: one that is being packed, or is
    there."""
    with observe(Step.MANAGE_EXPORT_ERASE, member=user.member) as seen, transaction():
        take_turns(f"export of {user.id}")
        again = timedelta(hours=policies_at(now)["export_again"].value)
        last = newest_export(user.id)
        if last is not None and (last.state == ExportState.BUILDING or (
                last.state == ExportState.READY and last.asked_at > now - again)):
            seen.was_repeated()
            return last
        asked = DataExport(id=random_id(), user_id=user.id, state=ExportState.BUILDING, asked_at=now, parts=len(HOLDERS),
                           done=0)
        db.session.add(asked)
        db.session.flush()
        post("data_export", member_id=user.member.id if user.member else None, once=f"data_export-{asked.id}",
             export_id=str(asked.id))
        promise_done(user, asked, now)
    return asked


def newest_export(user_id: int) -> DataExport | None:
    """Somebody's latest download, whatever became of it."""
    return db.session.scalar(select(DataExport).where(DataExport.user_id == user_id).order_by(
        DataExport.asked_at.desc(), DataExport.id).limit(1))


def build_export(job: Job, files: Files, seal: Seal) -> None:
    """Handle the outbox's `data_export`. Packed twice, the first file stands; a worker that dies is followed by another."""
    export = db.session.get(DataExport, UUID(job.facts["export_id"]))
    if export is None or export.state != ExportState.BUILDING:
        return
    at, export_id, done = clock(), export.id, 0
    user = db.session.get_one(User, export.user_id)
    person = person_of(user)

    def part_done() -> None:
        nonlocal done
        done += 1
        with transaction():
            db.session.execute(update(DataExport).where(DataExport.id == export_id, DataExport.done < done).values(done=done))

    sealed, key = seal.close_bytes(packed(person, files=files, seal=seal, at=at, part_done=part_done)), new_key(KIND)
    hold_nothing_open()
    files.put(key, sealed)
    with transaction():
        ends_at = at + timedelta(days=policies_at(at)["export_kept"].value)
        first = rows_changed(update(DataExport).where(
            DataExport.id == export_id, DataExport.state == ExportState.BUILDING).values(
                state=ExportState.READY, ready_at=at, ends_at=ends_at, file_key=key, stored_bytes=len(sealed)))
        if first:
            settle_done(user, export, at)  # also what was promised when nothing came of one before
            tell(user, "data_ready", f"data_ready-{export_id}", export_id=str(export_id))
    if not first:  # another worker was faster, or it was erased meanwhile
        files.delete(key)


def my_export(user: User, export_id: UUID) -> DataExport:
    """One's own. Raises NotFound for anybody else's."""
    found = db.session.get(DataExport, export_id)
    if found is None or found.user_id != user.id:
        raise NotFound()
    return found


def open_export(*, user: User, export_id: UUID, device: str, files: Files, seal: Seal, now: datetime) -> bytes:
    """The ZIP file, once it is written down that it was taken. Raises NotFound, and DownloadIsOver when its time is over."""
    export = my_export(user, export_id)
    if export.state != ExportState.READY or export.file_key is None or export.ends_at is None or export.ends_at <= now:
        raise DownloadIsOver()
    try:
        sealed = files.get(export.file_key)
    except FileGone as error:
        raise DownloadIsOver() from error
    with transaction():
        db.session.add(ExportDownload(export_id=export.id, at=now, device=device[:60]))
    return seal.open_bytes(sealed)


def let_exports_go(now: datetime, files: Files) -> int:
    """Delete the downloads whose time is over, and files that no row points at; what was never packed counts as gone. Returns
    how many rows went."""
    with transaction():
        db.session.execute(update(DataExport).where(
            DataExport.state == ExportState.BUILDING, DataExport.asked_at <= now - STUCK).values(
                state=ExportState.GONE, ready_at=now, ends_at=now))
        over = db.session.scalars(select(DataExport).where(
            DataExport.state == ExportState.READY, DataExport.ends_at <= now).limit(AT_ONCE)).all()
        keys = [export.file_key for export in over]
        for export in over:
            export.state, export.file_key = ExportState.GONE, None
    for key in keys:
        if key is not None:
            files.delete(key)  # cut off here, the sweep finds it
    sweep(files, KIND, DataExport.file_key)
    return len(keys)
