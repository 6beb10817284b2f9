"""Which language a file is written in, by its name.

May import: the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Language", "language_named", "language_of"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language as people and code fences call it."""

    name: str
    tag: str
    """The word behind a code fence."""
    is_code: bool = True
    """False for prose, data and markup: counted apart."""


_TABLE = """
Python|python|py pyw pyi
JavaScript|javascript|js mjs cjs jsx
TypeScript|typescript|ts mts cts
TSX|tsx|tsx
Go|go|go
Rust|rust|rs
Java|java|java
Kotlin|kotlin|kt kts
C|c|c h
C++|cpp|cc cpp cxx hpp hh hxx
C#|csharp|cs
Swift|swift|swift
Ruby|ruby|rb rake gemspec
PHP|php|php
Shell|bash|sh bash zsh fish ksh
PowerShell|powershell|ps1 psm1
Perl|perl|pl pm
Lua|lua|lua
R|r|r
Scala|scala|scala sc
Dart|dart|dart
Elixir|elixir|ex exs
Erlang|erlang|erl hrl
Haskell|haskell|hs
OCaml|ocaml|ml mli
Clojure|clojure|clj cljs cljc edn
Julia|julia|jl
Zig|zig|zig
Nim|nim|nim
SQL|sql|sql
Objective-C|objective-c|m mm
Vue|vue|vue
Svelte|svelte|svelte
CSS|css|css tcss
SCSS|scss|scss sass
Less|less|less
Terraform|hcl|tf tfvars hcl
Protocol Buffers|protobuf|proto
GraphQL|graphql|graphql gql
Nix|nix|nix
CMake|cmake|cmake
"""
_PROSE = """
HTML|html|html htm xhtml
XML|xml|xml xsd xsl plist svg
Markdown|markdown|md markdown mdx
reStructuredText|rst|rst
TOML|toml|toml
YAML|yaml|yaml yml
JSON|json|json jsonc json5 ipynb webmanifest
JSON lines|json|jsonl ndjson
INI|ini|ini cfg conf properties editorconfig
CSV|text|csv tsv
Text|text|txt text log
Diff|diff|diff patch
TeX|latex|tex
"""
_NAMES = {
    "dockerfile": Language("Dockerfile", "dockerfile"),
    "containerfile": Language("Dockerfile", "dockerfile"),
    "makefile": Language("Makefile", "makefile"),
    "gnumakefile": Language("Makefile", "makefile"),
    "justfile": Language("Justfile", "makefile"),
    "rakefile": Language("Ruby", "ruby"),
    "gemfile": Language("Ruby", "ruby"),
    "cmakelists.txt": Language("CMake", "cmake"),
    "pipfile": Language("TOML", "toml", is_code=False),
    "cargo.lock": Language("TOML", "toml", is_code=False),
    "license": Language("Text", "text", is_code=False),
    "readme": Language("Text", "text", is_code=False),
    ".gitignore": Language("Ignore list", "text", is_code=False),
    ".dockerignore": Language("Ignore list", "text", is_code=False),
}


def _table(text: str, *, is_code: bool) -> dict[str, Language]:
    found = {}
    for row in text.strip().splitlines():
        name, tag, extensions = row.split("|")
        language = Language(name, tag, is_code)
        found.update(dict.fromkeys(extensions.split(), language))
    return found


_EXTENSIONS = _table(_TABLE, is_code=True) | _table(_PROSE, is_code=False)
_SPOKEN = {language.name.lower(): language for language in (*_EXTENSIONS.values(), *_NAMES.values())} | {
    "js": _EXTENSIONS["js"],
    "ts": _EXTENSIONS["ts"],
    "py": _EXTENSIONS["py"],
    "golang": _EXTENSIONS["go"],
    "c++": _EXTENSIONS["cpp"],
    "cpp": _EXTENSIONS["cpp"],
    "c#": _EXTENSIONS["cs"],
    "csharp": _EXTENSIONS["cs"],
    "bash": _EXTENSIONS["sh"],
    "shell script": _EXTENSIONS["sh"],
    "md": _EXTENSIONS["md"],
    "yml": _EXTENSIONS["yml"],
    "docker": _NAMES["dockerfile"],
    "rst": _EXTENSIONS["rst"],
}


def language_of(path: str) -> Language | None:
    """The language of a file; None where its name does not tell."""
    name = path.rsplit("/", 1)[-1].lower()
    if name in _NAMES:
        return _NAMES[name]
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem:
        return None
    return _EXTENSIONS.get(extension)


def language_named(word: str) -> Language | None:
    """The language that a person means by a word, whatever its case; None for no language."""
    return _SPOKEN.get(word.lower().strip())
