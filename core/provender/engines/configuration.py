"""The settings of the core's engines."""

from __future__ import annotations

from pydantic import Field

from provender.plugin.contract.info import StoreConfig


class SerialConfig(StoreConfig):
    """Settings of the ``serial`` engine.

    Attributes:
        tasks: How many tasks a view is cut into, where its offline store can be read in parts; a
            run that was stopped does only those that were not done.
    """

    tasks: int = Field(default=1, ge=1)


class ProcessesConfig(StoreConfig):
    """Settings of the ``processes`` engine.

    Attributes:
        workers: How many processes work at a time; None: one for each processor.
        tasks: How many tasks a view is cut into, where its offline store can be read in parts;
            None: one for each worker.
    """

    workers: int | None = Field(default=None, ge=1)
    tasks: int | None = Field(default=None, ge=1)
