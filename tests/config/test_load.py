"""What is wrong in a config file is named with its place, and everything else counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from superserve_tui.config import AgentConfig, Config, LoadedConfig, ProfileConfig, load

EVERYTHING = """
default_profile = "local"
default_agent = "workspace"
idle_timeout = 600
on_quit = "ask"
silence_timeout = 60
theme = "nord"
[notify]
bell = false
[sidebar]
group_by = "agent"
[profiles.staging]
base_url = "https://staging.example/"
api_key_env = "STAGING_KEY"
[agents.script]
command = "python agent.py"
cwd = "work"
secrets = ["ANTHROPIC_API_KEY"]
framed = true
quiet_s = 2
[agents.http]
port = 8000
[agents.local-model]
model = "llama3.2"
base_url = "http://127.0.0.1:11434/v1"
tools = "none"
[keys]
"session.new" = "ctrl+n"
session.end = "none"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def loaded(file: Path, text: str) -> LoadedConfig:
    file.write_text(text)
    return load(file)


def only_notice(result: LoadedConfig) -> tuple[int | None, str | None, str]:
    assert len(result.notices) == 1, [str(notice) for notice in result.notices]
    notice = result.notices[0]
    return notice.line, notice.key, notice.message


def test_a_missing_file_means_defaults_and_may_be_written(file: Path) -> None:
    result = load(file)
    assert result.config == Config()
    assert result.notices == ()
    assert result.is_readable


def test_every_key_of_the_contract_is_read(file: Path) -> None:
    result = loaded(file, EVERYTHING)
    assert result.notices == ()
    config = result.config
    assert (config.default_profile, config.default_agent, config.idle_timeout) == ("local", "workspace", 600)
    assert (config.on_quit, config.silence_timeout, config.theme) == ("ask", 60, "nord")
    assert (config.notify.bell, config.notify.osc, config.sidebar.group_by) == (False, True, "agent")
    assert config.profiles == {"staging": ProfileConfig("https://staging.example", "STAGING_KEY")}
    assert config.agents["script"] == AgentConfig(
        "script",
        command="python agent.py",
        cwd="work",
        secrets=("ANTHROPIC_API_KEY",),
        framed=True,
        quiet_s=2.0,
    )
    assert config.agents["http"].port == 8000
    assert config.agents["local-model"].tools == "none"
    assert config.keys == {"session.new": "ctrl+n", "session.end": "none"}


def test_an_unknown_key_is_named_with_the_nearest_and_ignored(file: Path) -> None:
    result = loaded(file, 'theme = "nord"\n\nidle_timout = 5\n')
    assert only_notice(result) == (3, "idle_timout", "unknown key, ignored; did you mean idle_timeout?")
    assert result.config == Config(theme="nord")


def test_an_unknown_key_far_from_all_names_no_other(file: Path) -> None:
    assert only_notice(loaded(file, "zzz = 5\n"))[2] == "unknown key, ignored"


def test_an_unknown_key_in_a_table_is_named_by_its_whole_path(file: Path) -> None:
    result = loaded(file, '[agents.a]\ncommand = "x"\n\ncommnd = "y"\n')
    assert only_notice(result) == (4, "agents.a.commnd", "unknown key, ignored; did you mean agents.a.command?")
    assert result.config.agents["a"].command == "x"


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ('idle_timeout = "long"', "idle_timeout", "a whole number"),
        ("idle_timeout = 0", "idle_timeout", "from 1 to"),
        ("idle_timeout = true", "idle_timeout", "a whole number"),
        ("idle_timeout = nan", "idle_timeout", "a whole number"),
        ('on_quit = "kep"', "on_quit", "the nearest is keep"),
        ("on_quit = [1]", "on_quit", "end, keep or ask"),
        ("theme = 1", "theme", "a string"),
        ('theme = ""', "theme", "not be empty"),
        ('notify.bell = "yes"', "notify.bell", "true or false"),
        ("notify = 1", "notify", "a table"),
        ('sidebar.group_by = "size"', "sidebar.group_by", "time, agent or profile"),
        ("profiles.a = 3", "profiles.a", "a table"),
        ('profiles.a.base_url = "ftp://x"', "profiles.a.base_url", "https://"),
        ('profiles.a.base_url = "http://x:99999"', "profiles.a.base_url", "https://"),
        ("profiles.a.allow_insecure = true", "profiles.a", "has no base_url"),
        ('profiles.local.base_url = "http://x"', "profiles.local", "the embedded server"),
        ("agents = []", "agents", "a table"),
        ('agents.Big.command = "x"', "agents.Big", "lowercase"),
        ('agents.a.cwd = "x"', "agents.a", "neither command nor port nor model"),
        ("agents.a.port = 70000", "agents.a.port", "from 1 to 65535"),
        ('agents.a.command = "sh -c \'x"', "agents.a.command", "not closed"),
        ('agents.a.command = " "', "agents.a.command", "name a program"),
        ('agents.a = {command = "x", model = "y"}', "agents.a", "both command and model"),
        ('agents.a = {command = "x", secrets = "KEY"}', "agents.a.secrets", "a list of strings"),
        ('agents.a = {command = "x", secrets = ["A=B"]}', "agents.a.secrets", "environment variable"),
        ('agents.a = {command = "x", quiet_s = inf}', "agents.a.quiet_s", "a number"),
        ("keys.a = 3", "keys.a", "must be a key"),
    ],
)
def test_a_wrong_value_is_named_and_only_that_key_takes_its_default(
    file: Path, line: str, key: str, words: str
) -> None:
    result = loaded(file, f"silence_timeout = 7\n{line}\n")
    number, named, message = only_notice(result)
    assert (number, named) == (2, key)
    assert words in message
    assert "ignored" in message
    assert result.config.silence_timeout == 7
    assert result.is_readable


def test_a_wrong_value_in_an_agent_leaves_the_agent(file: Path) -> None:
    result = loaded(file, '[agents.a]\ncommand = "x"\nframed = "maybe"\n[agents.b]\ncommand = "y"\n')
    assert only_notice(result)[:2] == (3, "agents.a.framed")
    assert set(result.config.agents) == {"a", "b"}


def test_a_command_with_a_port_is_an_http_agent_to_be_started(file: Path) -> None:
    result = loaded(file, '[agents.a]\ncommand = "x"\nport = 80\n')
    assert result.notices == ()
    assert result.config.agents["a"].port == 80


def test_the_hosted_profile_needs_no_address(file: Path) -> None:
    result = loaded(file, '[profiles.superserve]\napi_key_env = "MY_KEY"\n')
    assert result.config.profiles["superserve"] == ProfileConfig("https://api.superserve.ai", "MY_KEY")


def test_a_value_that_may_be_a_secret_is_in_no_notice(file: Path) -> None:
    text = 'api_key = "sk-secret"\n[profiles.a]\nbase_url = "sk-secret"\napi_key_env = "sk-secret"\n'
    result = loaded(file, text)
    assert len(result.notices) == 3
    assert "sk-secret" not in " ".join(map(str, result.notices))


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2\n", 2), ('a = "open\n', 1), ("a = [1,\n2\n", 2), ("a = 1\na = 2\n", 2), ("[x", 1)],
)
def test_a_syntax_error_means_defaults_with_file_and_line_named(file: Path, text: str, line: int) -> None:
    result = loaded(file, text)
    assert not result.is_readable
    assert result.config == Config()
    number, key, message = only_notice(result)
    assert (number, key) == (line, None)
    assert "not TOML" in message
    assert str(result.notices[0]).startswith(f"{file}:{line}: ")
    assert file.read_text() == text


def test_bytes_that_are_no_text_are_named_by_line(file: Path) -> None:
    file.write_bytes(b'theme = "a"\n# \xff\n')
    result = load(file)
    assert not result.is_readable
    assert only_notice(result)[0] == 2


def test_a_byte_order_mark_is_passed_over(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbftheme = "a"\n')
    assert load(file).config.theme == "a"


def test_a_file_nested_beyond_reason_is_a_notice(file: Path) -> None:
    result = loaded(file, f"a = {'[' * 100_000}")
    assert not result.is_readable
    assert len(result.notices) == 1


def test_a_number_beyond_reason_is_a_notice(file: Path) -> None:
    result = loaded(file, f"idle_timeout = {'9' * 5000}")
    assert not result.is_readable
    assert "a number that is too long" in result.notices[0].message


def test_a_folder_in_its_place_is_a_notice(file: Path) -> None:
    file.mkdir()
    result = load(file)
    assert not result.is_readable
    assert "can't be read" in result.notices[0].message


def test_lines_are_found_past_strings_that_look_like_keys(file: Path) -> None:
    text = 'theme = """\nzzz = 1\n[agents.b]\n"""\n[agents."a-b"]\ncommand = "x"\nzzz = 1\n'
    assert only_notice(loaded(file, text))[:2] == (7, "agents.a-b.zzz")


def test_notices_come_in_the_order_of_the_file(file: Path) -> None:
    result = loaded(file, 'zzz = 1\n[notify]\nbell = 1\n[agents.a]\ncommand = "x"\nzzz = 1\n')
    assert [notice.line for notice in result.notices] == [1, 3, 6]


def test_loading_a_good_file_loads_no_module_that_it_does_not_need(file: Path) -> None:
    file.write_text(EVERYTHING)
    code = (
        "import sys, pathlib\nfrom superserve_tui.config import load\n"
        f"assert not load(pathlib.Path({str(file)!r})).notices\n"
        "print([m for m in ('difflib', 'tomli_w', 'platformdirs', 'tempfile', 'fcntl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
