"""Tests of the command line, by the real command in a process of its own."""
