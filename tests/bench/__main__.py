"""`python -m tests.bench [PART...]`: measures the app as a person gets it, on a terminal, beside a bare one.

Prints a table and, with `--json FILE`, writes the figures. Without a name all but `soak` run, in some minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench.figures import Figure, table, write_json
from tests.bench.library import measure_sdk
from tests.bench.saved import measure_idle, measure_open, measure_search
from tests.bench.scene import Scene
from tests.bench.soak import measure_soak
from tests.bench.starting import measure_start
from tests.bench.streaming import measure_eight, measure_flood, measure_stream
from tests.bench.summary import summary

__all__ = ["main"]

PARTS: Mapping[str, Callable[[Scene, int], list[Figure]]] = {
    "start": measure_start,
    "stream": measure_stream,
    "flood": measure_flood,
    "eight": measure_eight,
    "open": measure_open,
    "search": measure_search,
    "idle": measure_idle,
    "sdk": measure_sdk,
}


def main() -> int:
    """Run the parts that are asked for; 1 where one could not be measured. Missed targets are in the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}, soak; all but soak, if none is named"
    )
    parser.add_argument("--pairs", type=int, default=5, help="how often each comparison is made (5)")
    parser.add_argument("--minutes", type=float, default=10, help="how long the part soak lasts (10)")
    parser.add_argument("--seed", type=int, default=1, help="what the part soak does (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    options = parser.parse_args()

    def soak(scene: Scene, _pairs: int) -> list[Figure]:
        return measure_soak(scene, minutes=options.minutes, seed=options.seed)

    parts = {**PARTS, "soak": soak}
    unknown = [name for name in options.parts if name not in parts]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are: {', '.join(parts)}")
    figures: list[Figure] = []
    failed: list[str] = []
    for name in options.parts or PARTS:
        began = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
                figures += parts[name](Scene(Path(folder)), options.pairs)
        except (AssertionError, OSError, StopIteration) as error:
            failed.append(name)
            sys.stderr.write(f"{name} could not be measured: {error}\n")
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    print(table(figures))
    if rows := summary(figures):
        print(f"\n{rows}")
    if options.json:
        write_json(options.json, figures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
