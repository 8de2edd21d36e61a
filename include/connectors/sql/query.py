"""Check that a source's query is one reading statement, and find where its parameters stand."""

import datetime as dt
import itertools
import re
from collections.abc import Iterable

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from include.errors import ConfigurationError

PARAMETERS = ("window_start", "window_end", "org")
_FORBIDDEN = {
    TokenType.INSERT, TokenType.UPDATE, TokenType.DELETE, TokenType.MERGE, TokenType.INTO, TokenType.CREATE,
    TokenType.DROP, TokenType.ALTER, TokenType.TRUNCATE, TokenType.COPY, TokenType.GRANT,
}  # fmt: skip
_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock, exp.DDL, exp.Command)
Piece = str | tuple[str]
"""A stretch of the query as written, or (in a tuple) the name of a parameter that stands there."""


def split_query(text: str, dialect: str, file: str) -> list[Piece]:
    """Return the query `text` cut at its parameters, without the closing semicolon.

    Parameters are `:window_start`, `:window_end` and `:org`, outside of strings, comments and casts. `dialect` is
    sqlglot's name of the SQL dialect, `file` names the query in errors. Raises ConfigurationError, with the
    line, where the text isn't exactly one SELECT (WITH, VALUES and set operations included), writes or
    locks anything, or holds another parameter.

    SQLite takes a `"name"` that no column has for a text, so that a condition on it holds for no row or for all;
    its names are written `` `name` ``, which are nothing but names.
    """
    tokens = _tokens(text, dialect, file)
    if dialect == "sqlite":
        text = _write_names(text, tokens)
        tokens = _tokens(text, dialect, file)
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        text = text[: tokens.pop().start]
    _need_one_select(text, tokens, dialect, file)
    pieces: list[Piece] = []
    done = 0
    for colon, name in itertools.pairwise(tokens):
        if (
            colon.token_type is not TokenType.COLON
            or name.start != colon.end + 1
            or not _opens(text, colon.start)
        ):
            continue
        if name.text not in PARAMETERS:
            if not name.text.isidentifier():
                continue
            known = ", ".join(f":{p}" for p in PARAMETERS)
            raise _problem(file, name.line, f"unknown parameter :{name.text}", f"only {known} are filled in")
        pieces += [text[done : colon.start], (name.text,)]
        done = name.end + 1
    return [*pieces, text[done:]]


def list_tables(text: str, dialect: str) -> list[tuple[str, str]]:
    """Return (schema, table) of every table that a query reads, sorted; the schema is '' where none is written.

    Empty for a query that the parser doesn't know.
    """
    try:
        tree = sqlglot.parse_one(text, read=dialect)
    except SqlglotError:
        return []
    named = {part.alias_or_name for part in tree.find_all(exp.CTE)}
    found = {(table.db, table.name) for table in tree.find_all(exp.Table)}
    return sorted((schema, name) for schema, name in found if name and (schema or name not in named))


def window_values(start: dt.date, end: dt.date) -> dict[str, dt.date]:
    """Return the values of the window's parameters."""
    return {"window_start": start, "window_end": end}


def _tokens(text: str, dialect: str, file: str) -> list[Token]:
    try:
        return list(sqlglot.tokenize(text, read=dialect))
    except SqlglotError:
        pass
    raise _problem(file, 1, "a quote or comment isn't closed", "close it")


def _write_names(text: str, tokens: Iterable[Token]) -> str:
    """Return the query with every `"name"` written as `` `name` ``; lines stay where they are."""
    pieces, done = [], 0
    for token in tokens:
        if token.token_type is TokenType.IDENTIFIER and text[token.start] == '"':
            name = text[token.start + 1 : token.end].replace('""', '"').replace("`", "``")
            pieces += [text[done : token.start], f"`{name}`"]
            done = token.end + 1
    return "".join([*pieces, text[done:]])


def _opens(text: str, colon: int) -> bool:
    """Tell a parameter from an array slice or a path (`a[lo:hi]`, `doc:field`): those follow a word."""
    return colon == 0 or not re.match(r"[\w\]):]", text[colon - 1])


def _need_one_select(text: str, tokens: list[Token], dialect: str, file: str) -> None:
    if not tokens:
        raise _problem(file, 1, "the query is empty", "write one SELECT")
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            raise _problem(
                file, token.line, "more than one statement", "a source is one SELECT; remove the others"
            )
    try:
        tree = sqlglot.parse_one(text, read=dialect)
    except ParseError:
        # A dialect may know more than the parser: the words decide, and the read-only transaction backs them.
        _need_reading_words(tokens, file)
        return
    written = next(tree.find_all(*_WRITES), None)
    if not isinstance(tree, exp.Query | exp.Values) or written is not None:
        word = (written or tree).key.upper()
        raise _problem(
            file, tokens[0].line, f"not a plain SELECT ({word})", "a source only reads: write one SELECT"
        )


def _need_reading_words(tokens: list[Token], file: str) -> None:
    if tokens[0].token_type not in {TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN, TokenType.VALUES}:
        raise _problem(
            file, tokens[0].line, f"not a SELECT ({tokens[0].text})", "a source only reads: write one SELECT"
        )
    for token in tokens:
        if token.token_type in _FORBIDDEN:
            raise _problem(
                file, token.line, f"{token.text.upper()} in a query", "a source only reads: remove it"
            )


def _problem(file: str, line: int, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError([f"{file}:{line}: {what}; {remedy}"])
