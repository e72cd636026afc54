"""The earlier place of `provender.plugin.cast_rows` and the like, for built plug-ins."""

from __future__ import annotations

import warnings

from provender.plugin.kit.arrow_cast import cast_batches as conform_batches
from provender.plugin.kit.arrow_cast import cast_column as convert
from provender.plugin.kit.arrow_cast import cast_rows as conform
from provender.plugin.kit.arrow_cast import readable_as

__all__ = ["conform", "conform_batches", "convert", "readable_as"]

warnings.warn(
    "provender.plugin.conform is deprecated: import cast_rows, cast_batches and cast_column from "
    "provender.plugin; the old names work until version 0.3",
    DeprecationWarning,
    stacklevel=2,
)
