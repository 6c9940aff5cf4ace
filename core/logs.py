"""Logs: one line an event, a failure with its trace, and never the values that were in hand when it happened."""

import sys

import structlog


def set_up_logs() -> None:
    """JSON lines for machines, plain words for a terminal. structlog's own default would print local variables."""
    terminal = sys.stderr.isatty()
    render = (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback) if terminal
              else structlog.processors.JSONRenderer())
    structlog.configure(processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if terminal else [structlog.processors.format_exc_info]),
        render,
    ])
