"""How an exported page looks: by the reader's own choice of light or dark, and on paper.

May import: nothing.
"""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """\
:root {
  color-scheme: light dark;
  --page: #fcfbf9; --ink: #24272c; --strong: #111418; --soft: #656c76; --line: #e3e0d9;
  --you: #f1eee8; --code: #f5f3ee; --accent: #0b62bd; --bad: #b3261e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --ink: #d9dce0; --strong: #f2f4f6; --soft: #959da7; --line: #2d3238;
    --you: #20242a; --code: #1b1e22; --accent: #7ab7ff; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
html { background: var(--page); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 46rem; padding: 3.5rem 1.25rem 3rem; color: var(--ink);
  font: 1rem/1.65 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
}
header { border-bottom: 1px solid var(--line); margin-bottom: 2.5rem; padding-bottom: 1.25rem; }
h1, h2, h3, h4, h5, h6 { color: var(--strong); line-height: 1.3; text-wrap: balance; }
h1 { font-size: 1.75rem; letter-spacing: -.012em; line-height: 1.2; margin: 0 0 .5rem; }
header p, footer, .end, .break { color: var(--soft); font-size: .85rem; margin: 0; }
article { margin: 0 0 3rem; }
section > h2 {
  color: var(--soft); font-size: .75rem; font-weight: 600; letter-spacing: .07em; margin: 0 0 .4rem;
  text-transform: uppercase;
}
.you { background: var(--you); border-radius: .6rem; margin-bottom: 1.5rem; padding: .9rem 1.1rem 1rem; }
.as-sent { unicode-bidi: plaintext; white-space: pre-wrap; }
.answer > :first-child { margin-top: 0; }
.answer > :last-child { margin-bottom: .4rem; }
.answer p, .answer ul, .answer ol { margin: .85em 0; }
.answer li > ul, .answer li > ol { margin: .2em 0; }
.answer ul, .answer ol { padding-inline-start: 1.6em; }
.answer li { margin: .25em 0; }
.answer li::marker { color: var(--soft); }
.answer h1, .answer h2, .answer h3, .answer h4, .answer h5, .answer h6 {
  font-size: 1rem; letter-spacing: 0; margin: 1.7em 0 .5em;
}
.answer h1 { font-size: 1.3rem; }
.answer h2 { font-size: 1.18rem; }
.answer h3 { font-size: 1.07rem; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .18em; }
strong { color: var(--strong); }
blockquote {
  border-inline-start: 3px solid var(--line); color: var(--soft); margin: 1em 0; padding-inline-start: 1rem;
}
code, pre, .given {
  font: .875em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
:not(pre) > code { background: var(--code); border-radius: .25rem; padding: .12em .32em; }
pre.code {
  background: var(--code); border: 1px solid var(--line); border-radius: .5rem; direction: ltr; margin: 1.1em 0;
  overflow-wrap: normal; overflow-x: auto; padding: .85rem 1rem; tab-size: 4; text-align: left;
}
pre.code code { font-size: 1em; }
.wide { margin: 1.1em 0; overflow-x: auto; }
table {
  border-collapse: collapse; font-size: .94em; font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
th, td { border-bottom: 1px solid var(--line); padding: .4rem .75rem; text-align: start; vertical-align: top; }
th:first-child, td:first-child { padding-inline-start: 0; }
th { border-bottom: 1px solid var(--soft); color: var(--strong); font-weight: 600; }
hr { border: 0; border-top: 1px solid var(--line); margin: 2em 0; }
.tools {
  border: 1px solid var(--line); border-radius: .5rem; font-size: .9rem; margin: 0 0 1.1rem; overflow: hidden;
}
details + details { border-top: 1px solid var(--line); }
summary {
  align-items: baseline; cursor: pointer; display: flex; gap: .7rem; list-style: none; padding: .38rem .85rem;
  white-space: nowrap;
}
summary::-webkit-details-marker { display: none; }
summary::before { color: var(--soft); content: "\\203a"; width: .5em; }
details[open] > summary::before { transform: rotate(90deg); }
summary:hover { background: var(--code); }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
summary code {
  background: none; color: var(--strong); max-width: 60%; overflow: hidden; padding: 0; text-overflow: ellipsis;
}
.given {
  color: var(--soft); flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis;
}
.took { color: var(--soft); font-variant-numeric: tabular-nums; }
details[open] .given { visibility: hidden; }
details pre.code { border-radius: 0; border-width: 1px 0 0; font-size: .95em; margin: 0; }
.end { margin-top: .7rem; }
.bad { color: var(--bad); }
.break {
  align-items: center; break-after: avoid; display: flex; gap: 1rem; margin-bottom: 2.5rem; white-space: nowrap;
}
.break::before, .break::after { border-top: 1px dashed var(--line); content: ""; flex: 1; }
footer { border-top: 1px solid var(--line); padding-top: 1rem; }
@media screen {
  article { contain-intrinsic-size: auto 40rem; content-visibility: auto; }
}
@media (max-width: 32rem) {
  body { padding-top: 1.75rem; }
  h1 { font-size: 1.4rem; }
}
@media print {
  @page { margin: 18mm 17mm; }
  :root {
    color-scheme: light;
    --page: #fff; --ink: #000; --strong: #000; --soft: #444; --line: #bbb; --you: #f4f4f4; --code: #f7f7f7;
    --accent: #000; --bad: #000;
  }
  body { font-size: 10.5pt; max-width: none; padding: 0; }
  article { margin-bottom: 2rem; }
  pre.code { overflow-wrap: anywhere; overflow-x: visible; white-space: pre-wrap; }
  .wide, .tools { overflow: visible; }
  .given, summary::before { display: none; }
  h1, h2, h3, summary, .you { break-after: avoid; }
  .you, tr, pre.code { break-inside: avoid-page; }
  p, li { orphans: 3; widows: 3; }
  details::details-content { block-size: auto; content-visibility: visible; }
  .answer a[href^="http"]::after { content: " (" attr(href) ")"; font-size: .85em; }
}"""
