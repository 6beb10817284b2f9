"""What a config file begins with that a person opens for the first time: every key, with what it does, as comments.

May import: the standard library.
"""

__all__ = ["TEMPLATE"]

TEMPLATE = """\
# Settings of superserve-tui. All are optional; take the # away in front of what you change.
# `superserve-tui config show` lists what is in force, `superserve-tui doctor` checks this file.

# default_profile = "local"     # the server for new sessions: local, superserve, or one of [profiles]
# default_agent = "workspace"   # the agent for new sessions
# idle_timeout = 1740           # idle seconds after which a new session ends
# on_quit = "end"               # the sessions on the server at quit: end, keep or ask
# silence_timeout = 120         # seconds without a byte until a link counts as lost
# theme = "superserve-ink"      # the palette's `theme` shows all of them

# [notify]                      # when a long turn ends while nobody looks
# bell = true
# osc = true                    # a desktop notification through the terminal
# title = true                  # a mark in the terminal's title

# [sidebar]
# group_by = "time"             # time, agent or profile

# [profiles.NAME]               # a further server
# base_url = "https://example.com"
# api_key_env = "SOME_VARIABLE" # the variable that holds its key
# allow_insecure = false        # plain http to a host that is not loopback

# [agents.NAME]                 # an agent on the embedded server; one of command, port, model
# command = "python agent.py"
# cwd = "~/agents/name"
# secrets = ["SOME_API_KEY"]    # variables that must be set
# framed = true                 # it speaks JSON lines
# quiet_s = 1.5                 # seconds of silence that end a plain answer
# port = 8000                   # an HTTP agent
# model = "llama3.2"            # a model behind an OpenAI-compatible endpoint
# base_url = "http://127.0.0.1:11434/v1"
# api_key_env = "OPENAI_API_KEY"
# tools = "read"                # what a model may do in its folder: none, read, edit or run
# system_prompt_file = "prompt.md"
# context_tokens = 32000

# [keys]                        # an action's id and its key, or "none"; `superserve-tui doctor --keys` tries keys
# "session.new" = "ctrl+n"
"""
