"""The oracle: a slow, obviously right reference of what Provender promises.

Rows are lists of dicts of plain Python values (`provender.testing.plain_rows` turns Arrow tables
into them); instants are datetimes, and counts of µs in windows and times to live. There is no
pandas, no SQL and no cleverness here: every rule reads as it is stated in the plug-in API.
"""

from provender.testing.difference import explain_difference, explain_join, explain_unordered
from provender.testing.exact import identity, same, shown
from provender.testing.join_oracle import JoinedRow, acceptable, historical
from provender.testing.ledger_oracle import LedgerOracle
from provender.testing.online_oracle import OnlineOracle, merge, status
from provender.testing.plain_rows import rows_of, table_of
from provender.testing.window_oracle import key_identity, latest, rows_in

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
