"""Any file in the config's place: the app starts, tells what is wrong but no secret, and leaves the file alone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.config import ConfigError, load, set_value

SECRET = "ss_very_secret"
KEYS = st.sampled_from(["idle_timeout", "default_agent", "on_quit", "theme", "silence_timeout", "nonsense"]) | (
    st.sampled_from(["command", "port", "framed", "tools", "api_key_env", "base_url", "secrets", "allow_insecure"])
    | st.sampled_from(["quiet_s", "group_by", '"session.new"'])
)
ODD = [
    "1",
    "-1",
    "0",
    "1e400",
    "nan",
    "true",
    '"end"',
    '"http://[bad"',
    "[]",
    "{}",
    "[[]]",
    "1979-05-27",
    "0x",
    '"""',
]
VALUES = st.sampled_from([*ODD, f'"{SECRET}"', f'{{ a = "{SECRET}" }}', f'["{SECRET}", 1]', "9" * 5000, "[" * 2000])
TABLES = st.sampled_from(
    ["[notify]", "[sidebar]", "[profiles.a]", "[agents.b]", "[agents.'c']", "[[agents]]", "[keys]", "[x.y]", "["]
)
LINES = st.tuples(KEYS, VALUES).map(" = ".join) | TABLES | st.text(max_size=12)
FILES = st.lists(LINES, max_size=12).map(lambda lines: "\n".join(lines).encode("utf-8", "replace")) | st.binary(
    max_size=80
)


@given(FILES)
def test_no_file_keeps_the_app_from_starting(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(content)
        loaded = load(path)
        assert all(notice.message and SECRET not in str(notice) for notice in loaded.notices)
        assert loaded.is_readable or loaded.notices
        assert loaded.config.idle_timeout >= 1
        try:
            set_value(path, "theme", "nord")
        except ConfigError:
            assert path.read_bytes() == content
        else:
            assert loaded.is_readable
            assert load(path).config.theme == "nord"
