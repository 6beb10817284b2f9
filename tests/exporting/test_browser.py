"""The page in a real browser, where there is one: it reads what was meant, and runs nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from superserve_tui.domain import ExportFormat, TurnState
from superserve_tui.exporting import export_transcript
from tests.exporting.test_page import CALL, SESSION, Page, turn

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

HOSTILE = (
    "<script>document.title = 'ran'</script><img src=x onerror=\"document.title='ran'\">"
    "<plaintext><!-- <noscript> </div></main> <svg/onload=alert(1)>"
)


@pytest.mark.skipif(BROWSER is None, reason="there is no browser")
def test_a_browser_reads_the_page_as_it_was_meant(tmp_path: Path) -> None:
    answer = f"{HOSTILE}\n\n|a|b|\n|-|-:|\n|1|2|\n\n```python\ndef f(): ...\n```\n[x](javascript:alert(1))"
    asked = turn(prompt=HOSTILE, text=answer, calls=(CALL,), error=HOSTILE, state=TurnState.FAILED)
    path = tmp_path / "page.html"
    path.write_text(export_transcript(SESSION, [asked], ExportFormat.HTML).text, encoding="utf-8")

    told, dom = _opened(path, tmp_path)

    read = Page(dom)
    assert read.texts["title"] == [SESSION.title]
    assert read.texts["as-sent"] == [HOSTILE]
    assert "<script>document.title = 'ran'</script>" in read.texts["answer"][0]
    assert not {"script", "img", "svg", "plaintext", "a"} & {tag for tag, _ in read.tags}
    assert len(read.of("article")) == len(read.of("details")) == len(read.of("table")) == 1
    assert "Content Security Policy" not in told
    assert "Content-Security-Policy" not in told


def _opened(path: Path, folder: Path) -> tuple[str, str]:
    """What the browser complains of, and the document as it has read it."""
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    process = subprocess.Popen(
        [str(BROWSER), *switches, f"--user-data-dir={folder / 'browser'}", path.as_uri()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        dom, told = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        pytest.skip("the browser does not start here")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode or "<html" not in dom:
        pytest.skip("the browser does not start here")
    return told, dom
