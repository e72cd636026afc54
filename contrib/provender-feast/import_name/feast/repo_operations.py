"""The files of a repository."""

from provender_feast.repo_config import is_valid_name
from provender_feast.repository import (
    get_ignore_files,
    get_repo_files,
    parse_repo,
    read_feastignore,
)

__all__ = ["get_ignore_files", "get_repo_files", "is_valid_name", "parse_repo", "read_feastignore"]
