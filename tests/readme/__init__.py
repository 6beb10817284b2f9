"""The README's tables, made from the code: `python -m tests.readme` writes them anew."""
