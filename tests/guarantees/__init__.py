"""The hard guarantees, on real processes and real databases. Slow, few, and never relaxed."""
