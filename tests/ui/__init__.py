"""Tests of the screens, the widgets and what draws them."""
