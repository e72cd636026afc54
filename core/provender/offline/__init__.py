"""The offline path: entity rows, the plan of a point-in-time join, and the job that runs it."""
