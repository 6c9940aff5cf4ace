"""Logs: one line an event, a failure with its trace, and never the values that were in hand when it happened."""

import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

ROW = re.compile(r"DETAIL: .*")


def set_up_logs() -> None:
    """JSON lines for machines, plain words for a terminal. structlog's own default would print local variables."""
    render = (structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer())
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr), processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _leave_out_rows,
        render,
    ])


def without_rows(text: str) -> str:
    """An error's text without the row that PostgreSQL quotes in it."""
    return ROW.sub("DETAIL: left out", text)


def _leave_out_rows(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if "exception" in event:
        event["exception"] = without_rows(event["exception"])
    return event
