"""What each key of the table of actions does: one scenario per action, run once per key."""
