"""Two feature views of airports, and what comes with a request."""

from __future__ import annotations

from provender import Entity, FeatureView, Field, FileSource, RequestSource
from provender.types import Float64, Int64, String

AIRPORT = Entity("airport", value_type=String)
WEATHER = FeatureView(
    "weather",
    source=FileSource("weather.parquet", timestamp_field="ts"),
    entities=[AIRPORT],
    schema=[Field("wind", Float64), Field("rain", Int64)],
)
TRAFFIC = FeatureView(
    "traffic",
    source=FileSource("traffic.parquet", timestamp_field="ts"),
    entities=[AIRPORT],
    schema=[Field("flights", Int64), Field("rain", Int64)],
)
ASKED = RequestSource("asked", schema=[Field("limit", Int64)])
