"""Tests of sessions, turns and what is made of them."""
