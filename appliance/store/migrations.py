"""The schema grows by numbered files: each runs once, whole or not at all."""

import sqlite3
from importlib import resources


class TooNew(Exception):
    """The database was written by a newer Posthouse."""


def run(db: sqlite3.Connection) -> None:
    """Run every schema file this database has not seen, in the order of their names.

    Foreign keys are off meanwhile, since rebuilding a table with them on deletes its cascading children, and are
    checked before the commit. Raises TooNew.
    """
    files = sorted((resources.files("appliance.store") / "schema").iterdir(), key=lambda file: file.name)
    scripts = [file.read_text() for file in files if file.name.endswith(".sql")]
    seen: int = db.execute("PRAGMA user_version").fetchone()[0]
    if seen > len(scripts):
        raise TooNew(f"the database has schema {seen}, this Posthouse knows {len(scripts)}: please upgrade it")
    db.execute("PRAGMA foreign_keys = OFF")
    for number, script in enumerate(scripts[seen:], start=seen + 1):
        _run_one(db, number, script)
    db.execute("PRAGMA foreign_keys = ON")


def _run_one(db: sqlite3.Connection, number: int, script: str) -> None:
    try:
        db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number};")
        broken = db.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"schema {number} breaks the references of {sorted({row[0] for row in broken})}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.rollback()
        raise
