"""What stands on the screen, a file per region. Widgets are dumb: data in by methods, facts out as messages."""
