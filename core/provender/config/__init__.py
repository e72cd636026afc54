"""feature_store.yaml: read, checked, every problem with its place."""

from provender.config.json_schema import config_schema
from provender.config.load import FILE_NAME, load_config
from provender.config.model import Config, MaterializationConfig, StoreSection
from provender.config.portable import arrived, portable
from provender.config.store_settings import provider_problems, store_settings

__all__ = [
    "FILE_NAME",
    "Config",
    "MaterializationConfig",
    "StoreSection",
    "arrived",
    "config_schema",
    "load_config",
    "portable",
    "provider_problems",
    "store_settings",
]
