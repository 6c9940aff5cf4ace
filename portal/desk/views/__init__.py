"""The finance desk's pages; importing this hangs them all into the blueprint."""

from portal.desk.blueprint import bp
from portal.desk.views import books, chargebacks, disputes, failures, invoices, notices, payers, promises, start

__all__ = ["books", "bp", "chargebacks", "disputes", "failures", "invoices", "notices", "payers", "promises", "start"]
