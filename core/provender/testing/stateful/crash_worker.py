"""Takes the steps that end in a kill: ``python -m provender.testing.stateful.crash_worker``.

One process imports everything once and forks a child for each step, so that a death costs as much
as a step. It reads orders, one line of JSON each, and answers with the exit code of the child,
negative when a signal ended it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from provender.clock import from_us
from provender.store import FeatureStore
from provender.testing.faults.plugin import FaultyStores
from provender.testing.stateful.faults import PlannedFault
from provender.testing.stateful.scenario import Scenario
from provender.testing.stateful.steps import Step, from_json, to_json

FAILED = 3
"""The exit code of a child whose step raised."""


def order(root: Path, now: int, shape: Scenario, step: Step, trouble: PlannedFault) -> str:
    """Return the order for one step, as one line.

    Args:
        root: The directory of feature_store.yaml.
        now: The present in µs.
        shape: What the story is about.
        step: The step.
        trouble: Where its process is killed.
    """
    source = shape.source
    return json.dumps(
        {
            "root": str(root),
            "now": now,
            "source": [source.kind, source.to_document()],
            "shape": {"parts": shape.parts, "lookback": shape.lookback},
            "step": to_json(step),
            "trouble": vars(trouble),
        }
    )


def obey(values: Mapping[str, Any]) -> None:
    """Open the store and take the step that an order names."""
    now = from_us(values["now"])
    store = FeatureStore(values["root"], clock=lambda: now)
    kind, document = values["source"]
    source = store.stores.plugins.source_class(kind).from_document(document)
    FaultyStores(PlannedFault(**values["trouble"]).scripts()).around(store)
    with store:
        from_json(values["step"]).run(store, Scenario(source, **values["shape"]))


def main() -> None:
    """Import the modules that the first line names, then obey each line in a child of its own."""
    for name in json.loads(sys.stdin.readline()):
        import_module(name)
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            os._exit(_outcome(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _outcome(line: str) -> int:
    try:
        obey(json.loads(line))
    except BaseException:  # noqa: BLE001 - told by the exit code
        traceback.print_exc()
        return FAILED
    return 0


if __name__ == "__main__":
    main()
