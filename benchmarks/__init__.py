"""What is fast enough, measured: see ``python -m benchmarks --help``."""
