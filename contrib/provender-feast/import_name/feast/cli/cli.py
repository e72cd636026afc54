"""The command ``feast``; this file can be run by itself."""

from provender_feast.cli import cli, main

__all__ = ["cli"]

if __name__ == "__main__":
    main()
