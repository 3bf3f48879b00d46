"""A report as one HTML page that can be sent on: it needs no network, no other file and no script."""

from __future__ import annotations

import base64
import html
import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from experiments.tell.terms import pattern

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --quiet: #5c5c66; --paper: #ffffff; --line: #d5d5dc;
  --shade: #f4f4f7; --link: #0a5ca8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ec; --quiet: #a5a5b0; --paper: #17171a;
  --line: #3a3a42; --shade: #222227; --link: #7fb8f0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: break-word;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, nav { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-bottom: 3rem; }
nav { padding-top: 1rem; font-size: .9rem; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
a { color: var(--link); }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 1rem 0 1.2rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .8rem; padding-top: .8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .5rem; }
p, ul { max-width: 46rem; }
ul { padding-left: 1.2rem; }
li { margin: .35rem 0; }
h1 + ul { list-style: none; padding: .6rem 1.1rem; background: var(--shade); border-radius: .5rem;
  max-width: none; }
h1 + ul > li { margin: .55rem 0; }
abbr { text-decoration: underline dotted var(--quiet); text-underline-offset: .2em; cursor: help; }
p:has(> img) { max-width: none; }
img { display: block; width: 100%; height: auto; background: #ffffff; border: 1px solid var(--line);
  border-radius: .3rem; margin: 1rem 0; }
.wide { overflow-x: auto; margin: .8rem 0 1.4rem; border: 1px solid var(--line); border-radius: .3rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { padding: .35rem .7rem; text-align: right; vertical-align: top; white-space: nowrap; }
th { font-weight: 600; }
thead > tr > * { background: var(--shade); border-bottom: 1px solid var(--line); }
tr > :first-child { text-align: left; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 400; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media print { nav { display: none; } .wide { overflow: visible; } }
@media (max-width: 40rem) { main, nav { padding-left: .9rem; padding-right: .9rem; } h1 { font-size: 1.4rem; }
  h1 + ul { padding: .4rem .8rem; } tbody th { white-space: normal; min-width: 8rem; } }
"""


def html_page(title: str, text: str, pictures: Mapping[str, bytes], terms: Mapping[str, str]) -> str:
    """The page.

    Args:
        title: its name.
        text: all it says, as Markdown that begins with a heading.
        pictures: the PNGs that the text shows, by the name it shows them under; they are put into the page.
        terms: words with their meanings; each is marked where it first stands.

    Raises ``KeyError`` for a picture that is not there.
    """
    tokens = _reader().parse(text)
    parts = list(_sections(tokens))
    _embed(tokens, pictures)
    body = _rendered(tokens, terms)
    links = "\n".join(f'<a href="#{name}">{html.escape(heading)}</a>' for name, heading in parts)
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<nav aria-label="Parts of this page">\n{links}\n</nav>\n<main>\n{body}</main>\n</body>\n</html>\n'
    )


def html_part(text: str, terms: Mapping[str, str]) -> str:
    """A piece of Markdown without pictures as HTML for the middle of a page, as a notebook shows it."""
    return _rendered(_reader().parse(text), terms)


def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _rendered(tokens: list[Token], terms: Mapping[str, str]) -> str:
    _mark(tokens, terms)
    reader = _reader()
    return reader.renderer.render(_accessible(tokens), reader.options, {})


def _sections(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """Name and heading of every part, whose heading is given that name."""
    for opening, inside in itertools.pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            name = "-".join("".join(c if c.isalnum() else " " for c in inside.content.lower()).split())
            opening.attrSet("id", name)
            yield name, inside.content


def _embed(tokens: list[Token], pictures: Mapping[str, bytes]) -> None:
    """Put every picture into the page itself."""
    for token in _inner(tokens):
        if token.type == "image":
            encoded = base64.b64encode(pictures[str(token.attrs["src"])]).decode()
            token.attrSet("src", f"data:image/png;base64,{encoded}")


def _inner(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _mark(tokens: list[Token], terms: Mapping[str, str]) -> None:
    """Give every term its meaning where it first stands, once, outside of headings."""
    left = dict(terms)
    for before, block in itertools.pairwise(tokens):
        if block.children and before.type != "heading_open":
            block.children = [part for one in block.children for part in _marked(one, left)]


def _marked(token: Token, left: dict[str, str]) -> Iterator[Token]:
    """A piece of text in as many pieces as its terms make; terms that were met leave ``left``."""
    from markdown_it.token import Token

    found = ((pattern(term).search(token.content), term) for term in left) if token.type == "text" else ()
    hits = [(where.start(), -len(term), where, term) for where, term in found if where]
    if not hits:
        yield token
        return
    _, _, where, term = min(hits)  # the first, of those that begin there the longest
    meaning, text = left.pop(term), token.content
    yield Token("text", "", 0, content=text[: where.start()])
    yield Token("abbr_open", "abbr", 1, attrs={"title": meaning})
    yield Token("text", "", 0, content=where.group())
    yield Token("abbr_close", "abbr", -1)
    yield from _marked(Token("text", "", 0, content=text[where.end() :]), left)


def _accessible(tokens: list[Token]) -> list[Token]:
    """Tables in boxes that scroll by themselves, with headings of columns and, in the first cell, of rows."""
    from markdown_it.token import Token

    found: list[Token] = []
    heading, opened, scope = "", "", ""
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[at + 1].content
        elif token.type == "table_open":
            box: dict[str, Any] = {"class": "wide", "role": "region", "tabindex": "0", "aria-label": heading}
            found.append(Token("box_open", "div", 1, attrs=box, block=True))
        elif token.type in ("thead_open", "tr_open"):
            scope = "col" if token.type == "thead_open" else scope or "row"
        elif token.type in ("th_open", "td_open"):
            heads = scope and bool(tokens[at + 1].content)  # an empty corner is no heading of anything
            opened = token.tag = "th" if heads else "td"
            token.attrs = {"scope": scope} if heads else {}
        elif token.type in ("th_close", "td_close"):
            token.tag, scope = opened, scope if scope == "col" else ""
        elif token.type == "thead_close":
            scope = ""
        found.append(token)
        if token.type == "table_close":
            found.append(Token("box_close", "div", -1, block=True))
    return found
