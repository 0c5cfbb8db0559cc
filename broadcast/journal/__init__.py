"""The memory of runs: `run` has step and once, `runs` who may air what, `store` the database behind it."""
