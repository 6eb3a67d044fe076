"""Benchmarks of whole commands and of admissions; those of the search are `classi bench`."""
