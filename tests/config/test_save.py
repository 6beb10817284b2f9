"""Changes to the config file are whole or not at all, and never over a file that can't be read."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from superserve_tui.config import ConfigError, Paths, load, remove_table, set_table, set_value


@pytest.fixture(autouse=True)
def wide_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a" / "b" / "config.toml"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("key", "text", "written"),
    [
        ("idle_timeout", "600", "idle_timeout = 600\n"),
        ("theme", "600", 'theme = "600"\n'),
        ("notify.bell", "off", "[notify]\nbell = false\n"),
        ("on_quit", "keep", 'on_quit = "keep"\n'),
        ("keys.session.new", "ctrl+n", '[keys]\n"session.new" = "ctrl+n"\n'),
        ('keys."session.new"', "ctrl+n", '[keys]\n"session.new" = "ctrl+n"\n'),
        ("agents.a.command", "python x.py", '[agents.a]\ncommand = "python x.py"\n'),
    ],
)
def test_a_value_is_written_in_the_type_of_its_key(file: Path, key: str, text: str, written: str) -> None:
    set_value(file, key, text)
    assert file.read_text() == written
    assert load(file).notices == ()


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("idle_timeout", "long", "a whole number"),
        ("idle_timeout", "1.5", "a whole number"),
        ("notify.bell", "loud", "true or false"),
        ("idle_timout", "5", "the nearest is idle_timeout"),
        ("notify.bel", "true", "the nearest is notify.bell"),
        ("notify", "true", "notify.KEY"),
        ("agents.a", "x", "agents.NAME.KEY"),
        ("agents.A.command", "x", "lowercase"),
        ("agents.a.tools", "read", "neither command nor port nor model"),
        ("profiles.local.base_url", "http://x", "the embedded server"),
        ("", "x", "no key"),
        ("a..b", "x", "no key"),
        ("theme.x", "y", "no such key"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_written(
    file: Path, key: str, text: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        set_value(file, key, text)
    assert not file.exists()


def test_empty_text_takes_the_key_out(file: Path) -> None:
    set_value(file, "theme", "nord")
    set_value(file, "theme", "")
    assert file.read_text() == ""


def test_lists_are_typed_with_commas_or_as_toml(file: Path) -> None:
    set_value(file, "agents.a.command", "x")
    set_value(file, "agents.a.secrets", "ONE, TWO")
    assert load(file).config.agents["a"].secrets == ("ONE", "TWO")
    set_value(file, "agents.a.secrets", '["THREE"]')
    assert load(file).config.agents["a"].secrets == ("THREE",)


def test_files_are_private_whatever_the_umask(file: Path) -> None:
    set_value(file, "theme", "a")
    saved = set_value(file, "theme", "b")
    assert saved.backup is not None
    assert (mode(file), mode(saved.backup)) == (0o600, 0o600)
    assert (mode(file.parent), mode(file.parent.parent)) == (0o700, 0o700)
    assert sorted(path.name for path in file.parent.iterdir()) == ["config.toml", "config.toml.bak"]


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    set_value(tmp_path / "config.toml", "theme", "a")
    assert mode(tmp_path) == 0o755


def test_the_file_before_is_kept_beside_and_lost_comments_are_told(file: Path) -> None:
    file.parent.mkdir(parents=True)
    before = '# mine\ntheme = "a" # also mine\n'
    file.write_text(before)
    saved = set_value(file, "theme", "b")
    assert saved.has_lost_comments
    assert saved.backup is not None
    assert saved.backup.read_text() == before
    assert file.read_text() == 'theme = "b"\n'


def test_a_sign_in_a_string_is_no_comment(file: Path) -> None:
    set_value(file, "theme", "a#b")
    assert not set_value(file, "theme", "c").has_lost_comments


def test_a_value_that_is_set_already_leaves_file_and_comments(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('theme = "a" # mine\n')
    saved = set_value(file, "theme", "a")
    assert (saved.backup, saved.has_lost_comments) == (None, False)
    assert file.read_text() == 'theme = "a" # mine\n'


def test_a_file_that_cannot_be_read_is_never_overwritten(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("theme = \n")
    with pytest.raises(ConfigError, match=r"config\.toml:1: is not TOML"):
        set_value(file, "theme", "a")
    with pytest.raises(ConfigError):
        set_table(file, ("agents", "a"), {"command": "x"})
    assert file.read_text() == "theme = \n"
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_faults_elsewhere_stay_as_they_are(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('future_key = 1\non_quit = "never"\n')
    set_value(file, "theme", "a")
    assert file.read_text() == 'future_key = 1\non_quit = "never"\ntheme = "a"\n'


def test_a_faulty_value_can_be_mended(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('on_quit = "never"\n')
    set_value(file, "on_quit", "keep")
    assert load(file).notices == ()


def test_a_scalar_in_a_tables_place_is_refused(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("notify = 1\n")
    with pytest.raises(ConfigError, match="notify is not a table"):
        set_value(file, "notify.bell", "true")


def test_an_agent_is_added_replaced_and_removed(file: Path) -> None:
    set_table(file, ("agents", "a"), {"command": "x", "framed": True})
    set_table(file, ("agents", "a"), {"command": "y"})
    assert load(file).config.agents["a"].command == "y"
    assert load(file).config.agents["a"].framed is None
    remove_table(file, ("agents", "a"))
    assert load(file).config.agents == {}
    with pytest.raises(ConfigError, match=r"agents\.a is not in"):
        remove_table(file, ("agents", "a"))


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "config.toml"
    set_value(target, "theme", "a")
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    set_value(link, "theme", "b")
    assert link.is_symlink()
    assert target.read_text() == 'theme = "b"\n'


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file")
    with pytest.raises(ConfigError, match="can't be written") as caught:
        set_value(tmp_path / "occupied" / "config.toml", "theme", "a")
    assert "as it was" in caught.value.hint


def test_changes_made_at_once_are_all_kept(file: Path) -> None:
    names = [f"a{number}" for number in range(12)]
    threads = [
        threading.Thread(target=set_table, args=(file, ("agents", name), {"command": "x"})) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(load(file).config.agents) == sorted(names)


def test_the_environment_names_the_files(tmp_path: Path) -> None:
    paths = Paths.from_environment(
        {"SUPERSERVE_TUI_CONFIG": str(tmp_path / "c.toml"), "SUPERSERVE_TUI_DATA": str(tmp_path / "data")}
    )
    assert (paths.config_file, paths.data_dir) == (tmp_path / "c.toml", tmp_path / "data")


def test_without_a_home_the_paths_are_none_that_could_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    paths = Paths.from_environment({})
    assert all(path.is_absolute() for path in (paths.config_file, paths.data_dir, paths.auth_file))
