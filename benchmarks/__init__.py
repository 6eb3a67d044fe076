"""Benchmarks of classi: the same cases by classi and by simpler means, every claim a ratio in one run."""
