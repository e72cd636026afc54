"""What offline stores without SQL share: joins and windows over Arrow tables, in columns.

`ArrowOfflineStore` needs no more than the rows of a source. A store that is different builds with
the same parts: `SourceTable`, `newest_of_each_key`, `as_of`.
"""

from provender.plugin.arrow.as_of import as_of
from provender.plugin.arrow.source_table import SourceTable, newest_of_each_key
from provender.plugin.arrow.store import ArrowOfflineStore

__all__ = ["ArrowOfflineStore", "SourceTable", "as_of", "newest_of_each_key"]
