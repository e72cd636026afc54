"""The oracle: a slow, obviously right reference of what Provender promises.

Rows are lists of dicts of plain Python values (`provender.testing.oracle.rows` turns Arrow tables
into them); instants are datetimes, and counts of µs in windows and times to live. There is no
pandas, no SQL and no cleverness here: every rule reads as it is stated in the plug-in API.
"""

from provender.testing.oracle.difference import explain_difference, explain_join, explain_unordered
from provender.testing.oracle.identity import identity, same, shown
from provender.testing.oracle.join import JoinedRow, acceptable, historical
from provender.testing.oracle.ledger import LedgerOracle
from provender.testing.oracle.online import OnlineOracle, merge, status
from provender.testing.oracle.rows import rows_of, table_of
from provender.testing.oracle.window import key_identity, latest, rows_in

__all__ = [
    "JoinedRow",
    "LedgerOracle",
    "OnlineOracle",
    "acceptable",
    "explain_difference",
    "explain_join",
    "explain_unordered",
    "historical",
    "identity",
    "key_identity",
    "latest",
    "merge",
    "rows_in",
    "rows_of",
    "same",
    "shown",
    "status",
    "table_of",
]
