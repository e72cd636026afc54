"""Generated rows of drivers."""

from provender_feast.driver_test_data import create_driver_hourly_stats_df

__all__ = ["create_driver_hourly_stats_df"]
