"""`python -m superserve_tui`: the same program as the command `superserve-tui`."""

import sys

from superserve_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
