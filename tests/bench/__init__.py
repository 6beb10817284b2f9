"""The benchmark: `python -m tests.bench`. No part of the tests: its figures need a quiet machine and minutes."""
