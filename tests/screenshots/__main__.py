"""Makes `screenshots/*.svg` and `*.png`. Needs `rsvg-convert` (librsvg) and the font DejaVu Sans Mono."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

from tests.screenshots.scenes import AGENTS, SCENES, SESSIONS, Scene
from tests.support.opened_app import opened

FOLDER = Path(__file__).parents[2] / "screenshots"
FONT = "DejaVu Sans Mono"
FONT_PX = 20.264
"""Its letters are 0.60205 as wide as high: they then fill Textual's cells of 12.2 pixels."""
PNG_WIDTH = 1600
"""Pixels; sharp where the README shows half of it."""


async def _picture(scene: Scene) -> str:
    """One scene as SVG, with nothing remote in it."""
    async with opened(size=scene.size, sessions=SESSIONS, agents=AGENTS, config=scene.config) as app:
        await scene.play(app)
        await app.settle()
        svg = app.app.export_screenshot(title="superserve-tui")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    # Kept spaces, and no stretching of texts: renderers differ in both.
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1).replace("&#160;", " ")
    svg = svg.replace("font-size: 20px", f"font-size: {FONT_PX}px")
    return svg.replace("Fira Code", FONT)


def main() -> None:
    """All scenes."""
    for scene in SCENES:
        svg = asyncio.run(_picture(scene))
        (FOLDER / f"{scene.name}.svg").write_text(svg, encoding="utf-8")
        png = FOLDER / f"{scene.name}.png"
        subprocess.run(["rsvg-convert", "--width", str(PNG_WIDTH), "--output", png], input=svg.encode(), check=True)
        print(scene.name)


if __name__ == "__main__":
    main()
