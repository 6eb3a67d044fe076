"""The rules a regulation may use: one file each, found by `base.registry`."""
