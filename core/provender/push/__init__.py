"""Taking rows from a program: into the online store, the offline store, or both."""

from provender.push.push_run import Pusher, PushReport

__all__ = ["PushReport", "Pusher"]
