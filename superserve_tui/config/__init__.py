"""What a person can set, and where it lies.

May import: protocol, platformdirs, tomli-w, the standard library.
"""

from superserve_tui.config.keys import (
    HOSTED_PROFILE,
    HOSTED_URL,
    LOCAL_PROFILE,
    check_name,
    get_value,
    items,
    key_text,
    nearest,
    split_key,
)
from superserve_tui.config.lines import line_in
from superserve_tui.config.load import LoadedConfig, Notice, load
from superserve_tui.config.paths import Paths
from superserve_tui.config.save import (
    ConfigError,
    Saved,
    make_private_folder,
    remove_table,
    set_table,
    set_value,
    write_private,
)
from superserve_tui.config.schema import AgentConfig, Config, NotifyConfig, ProfileConfig, SidebarConfig
from superserve_tui.config.template import TEMPLATE

__all__ = [
    "HOSTED_PROFILE",
    "HOSTED_URL",
    "LOCAL_PROFILE",
    "TEMPLATE",
    "AgentConfig",
    "Config",
    "ConfigError",
    "LoadedConfig",
    "Notice",
    "NotifyConfig",
    "Paths",
    "ProfileConfig",
    "Saved",
    "SidebarConfig",
    "check_name",
    "get_value",
    "items",
    "key_text",
    "line_in",
    "load",
    "make_private_folder",
    "nearest",
    "remove_table",
    "set_table",
    "set_value",
    "split_key",
    "write_private",
]
