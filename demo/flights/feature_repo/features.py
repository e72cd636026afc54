"""What is known of a flight before it departs: the weather, and how late others were so far."""

from datetime import timedelta

from sources import rows

from provender import Entity, FeatureView, Field
from provender.types import Float64, Int64

origin = Entity(name="origin", description="The airport of departure")
carrier = Entity(name="carrier", description="The airline")
aircraft = Entity(name="aircraft", join_keys=["tailnum"], description="The aircraft")


delays = [  # figures of a day, which hold from its end
    Field("flights", Int64, description="Flights in the window"),
    Field("mean_delay", Float64, description="Mean departure delay in minutes"),
    Field("late_share", Float64, description="Share of departures more than 15 minutes late"),
]

weather = FeatureView(
    name="weather",
    entities=[origin],
    ttl=timedelta(hours=36),  # the observations end a day before the flights do
    schema=[Field(name, Float64) for name in ("temp", "wind_speed", "precip", "visib", "pressure")],
    source=rows("weather", timestamp_field="observed"),
)
carrier_delays = FeatureView(
    name="carrier_delays",
    entities=[carrier],
    ttl=timedelta(days=7),
    schema=delays,
    source=rows("carrier_delays", timestamp_field="day_end"),
)
origin_carrier_delays = FeatureView(
    name="origin_carrier_delays",
    entities=[origin, carrier],
    ttl=timedelta(days=7),
    schema=delays,
    source=rows("origin_carrier_delays", timestamp_field="day_end"),
)
aircraft_delays = FeatureView(
    name="aircraft_delays",
    entities=[aircraft],
    ttl=timedelta(days=30),
    schema=delays,
    source=rows("aircraft_delays", timestamp_field="day_end"),
)
