"""The README's pictures, made from seeded data: `python -m tests.screenshots`."""
