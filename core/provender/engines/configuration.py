"""The settings of the core's engines."""

from __future__ import annotations

from pydantic import Field

from provender.plugin.contract.info import StoreConfig


class SerialConfig(StoreConfig):
    """Settings of the ``serial`` engine.

    Attributes:
        tasks: How many tasks a view is cut into; a run that is stopped goes on with the first
            that is not done.
    """

    tasks: int = Field(default=1, ge=1)
