"""The engines of the core before their suite."""

import pytest

from provender.testing.engine_suite import EngineSuite


class TestSerial(EngineSuite):
    store_type = "serial"


class TestProcesses(EngineSuite):
    store_type = "processes"

    @pytest.fixture
    def settings(self):
        return {"workers": 2}
