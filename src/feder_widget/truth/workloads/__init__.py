"""Many queries at once: recall at every nprobe, and the queries that lose most."""
