"""The configuration."""

from provender_feast.errors import FeastConfigError
from provender_feast.repo_config import (
    MaterializationConfig,
    RegistryConfig,
    RepoConfig,
    load_repo_config,
)

__all__ = [
    "FeastConfigError",
    "MaterializationConfig",
    "RegistryConfig",
    "RepoConfig",
    "load_repo_config",
]
