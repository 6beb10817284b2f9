"""Tests of the words of the sessions API."""
