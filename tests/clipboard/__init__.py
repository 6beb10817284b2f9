"""Tests of the ways to a clipboard; every tool is a fake on PATH, no real clipboard is touched."""
