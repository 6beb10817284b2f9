"""The message log with a long answer streaming into it, for eyes: `python -m tests.support.log_demo`.

`--svg FILE --after SECONDS --size 80x24` writes a picture and ends.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.pilot import Pilot
from textual.widgets import Static

from superserve_tui.domain import Turn, TurnState
from superserve_tui.protocol import CallState, ToolCall
from superserve_tui.ui.themes import DEFAULT_THEME, THEMES
from superserve_tui.ui.widgets.log import LogDocument, MessageLog

__all__ = ["ANSWER", "LogDemo"]

ANSWER = """\
Here is what I found. The **parser** keeps one line of state, so *nothing* is looked at twice; see \
[the notes](https://example.com/notes) and `feed()` for how. A longer sentence follows, to show how text wraps at \
the edge of the window and goes on below, calm and aligned.

## What changes

1. The reader takes **bytes**, in any chunking:
   - a `CR LF` that is cut in two is one line end,
   - an unfinished sequence waits for its end.
2. The writer is the same, the other way round.
   It keeps line breaks.

```python
class Reader:
    \"\"\"Bytes to events.\"\"\"

    def feed(self, data: bytes) -> list[Event]:
        # whole lines only
        *lines, self._rest = (self._rest + data).split(b"\\n")
        return [event for line in lines if (event := self._line(line)) is not None][:100]
```

> A quote says little, and says it
> on two lines.

| file | lines | what it holds |
|:-----|------:|---------------|
| `sse.py` | 136 | bytes to events, and back |
| `run.py` | 267 | the fold of events into text, calls and an end; both the client and the domain use it |
| 日本語.py | 12 | wide characters ✓ |

- [x] read the files
- [ ] write the tests

---

It ends with a list of places: https://example.com/a/b?c=d, <b>html is text</b>, [/] is text, ![a chart](chart.png).
"""


class LogDemo(App[None]):
    """Streams `ANSWER` at 200 tokens a second, with tools, over and over."""

    CSS = "Screen { layout: vertical; } #status { height: 1; background: $panel; color: $text-muted; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j", "log('cursor_next')", "next"),
        ("k", "log('cursor_previous')", "previous"),
        ("space", "log('toggle_fold')", "fold"),
        ("G", "log('to_end')", "end"),
        ("g", "log('to_start')", "start"),
        ("u", "page(-0.5)", "up"),
        ("d", "page(0.5)", "down"),
        ("t", "theme", "theme"),
        ("q", "quit", "quit"),
    ]

    def __init__(self, *, turns: int = 3) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DEFAULT_THEME
        self._document = LogDocument("demo", agent="workspace")
        self._turns = turns
        self._number = 0
        self._at = 0

    def compose(self) -> ComposeResult:
        yield MessageLog(self._document)
        yield Static("", id="status")

    def on_mount(self) -> None:
        self.set_interval(1 / 30, self._tick)

    def action_log(self, method: str) -> None:
        getattr(self.query_one(MessageLog), method)()

    def action_page(self, pages: float) -> None:
        self.query_one(MessageLog).scroll_pages(pages)

    def action_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    def on_message_log_link_clicked(self, message: MessageLog.LinkClicked) -> None:
        self.notify(message.target)

    def on_message_log_call_clicked(self, message: MessageLog.CallClicked) -> None:
        self.notify(f"call {message.index}")

    def _turn(self, state: TurnState, **more: object) -> Turn:
        prompt = "Read the *parser* and tell me what it does.\nThen list the files, please."
        return Turn(
            f"{self._number:032x}",
            self._number,
            prompt,
            datetime.now(UTC) - timedelta(minutes=3),
            state=state,
            server_id=f"sess-{self._number // 3}",
            **more,  # type: ignore[arg-type]
        )

    def _call(self, index: int, offset: int, state: CallState) -> ToolCall:
        name = "read_file" if index else "list_files"
        took = 12 if state is CallState.COMPLETED else None
        return ToolCall(index, name, {"path": "superserve_tui/protocol/sse.py"}, state, offset, 0, took)

    def _tick(self) -> None:
        document, text = self._document, ANSWER
        turn_id = f"{self._number:032x}"
        if self._at == 0:
            if self._number >= self._turns:
                return
            self._number += 1
            document.set_turn(self._turn(TurnState.STREAMING))
            document.set_status("thinking about it")
            self._at = 1
        elif self._at < len(text):
            step = text[self._at - 1 : self._at + 26]
            document.append_text(turn_id, step)
            for index, mark in enumerate(("\n\n## What", "\n\n> A quote", "\n\n- [x]")):
                offset = text.index(mark)
                if self._at <= offset < self._at + 27:
                    document.set_call(turn_id, self._call(index, offset, CallState.RUNNING))
                if self._at <= offset + 200 < self._at + 27:
                    document.set_call(turn_id, self._call(index, offset, CallState.COMPLETED))
            self._at += 27
        else:
            view = document.view_of(turn_id)
            assert view is not None
            calls = tuple(
                self._call(index, call.text_offset, CallState.COMPLETED) for index, call in view.calls.items()
            )
            state = (TurnState.COMPLETED, TurnState.STOPPED, TurnState.FAILED)[self._number % 3]
            document.set_turn(
                self._turn(state, text=view.text, calls=calls, duration_ms=8340, error="the model is overloaded")
            )
            self._at = 0
        log = self.query_one(MessageLog)
        log.changed()
        self.query_one("#status", Static).update(f"{log.new_below} new below" if log.new_below else "following")


def main() -> None:
    """Run it in a terminal, or take a picture."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--svg")
    parser.add_argument("--after", type=float, default=4.0)
    parser.add_argument("--size", default="80x24")
    parser.add_argument("--keys", default="")
    parser.add_argument("--theme", default=DEFAULT_THEME)
    options = parser.parse_args()
    app = LogDemo()
    app.theme = options.theme
    if not options.svg:
        app.run()
        return
    width, height = (int(side) for side in options.size.split("x"))

    async def take(pilot: Pilot[object]) -> None:
        await asyncio.sleep(options.after)
        for key in options.keys.split():
            await pilot.press(key)
        await pilot.pause()
        Path(options.svg).write_text(app.export_screenshot(), encoding="utf-8")
        app.exit()

    app.run(headless=True, size=(width, height), auto_pilot=take)


if __name__ == "__main__":
    main()
