"""A feature repository whose source was mended after it was loaded."""

from __future__ import annotations

from mended_source import mended, project  # noqa: F401 - fixtures
