"""Taking rows from a program: into the online store, the offline store, or both."""

from provender.push.push_run import Pusher, PushReport
from provender.push.pushed_rows import PushedRows, RowFile, pushed_rows

__all__ = ["PushReport", "PushedRows", "Pusher", "RowFile", "pushed_rows"]
