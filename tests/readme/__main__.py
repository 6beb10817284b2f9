"""Writes the README's tables anew."""

from tests.readme.tables import README, with_tables

README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
