"""What we promise when things go wrong, and the tests that hold it."""
