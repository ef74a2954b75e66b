"""What stands in a data directory, found by what it is rather than by name."""

import sqlite3
from pathlib import Path


def starting_with(data_dir, magic):
    found = [p for p in Path(data_dir).rglob("*") if p.is_file() and p.read_bytes()[: len(magic)] == magic]
    assert len(found) == 1, f"{magic!r} in {found}"
    return found[0]


def key_file(data_dir):
    return starting_with(data_dir, b"deskfleet-keys")


def database(data_dir):
    return starting_with(data_dir, b"SQLite format 3\0")


def query(data_dir, sql, *arguments):
    """One statement on the database of a server that does not run."""
    connection = sqlite3.connect(database(data_dir))
    try:
        with connection:
            return connection.execute(sql, arguments).fetchall()
    finally:
        connection.close()


def is_intact(data_dir):
    return query(data_dir, "PRAGMA integrity_check") == [("ok",)] and query(data_dir, "PRAGMA foreign_key_check") == []
