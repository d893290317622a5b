"""`python -m bench`: the table of performance, peers beside us in the same run, kept in docs/performance.md.

`--quick` makes shorter rounds and keeps nothing. Needs root: it starts Debian's Postfix.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench import accept, inbox, store
from bench.table import FULL, QUICK, machine, markdown

KEPT = Path(__file__).parent.parent / "docs" / "performance.md"


async def report(quick: bool) -> str:
    effort = QUICK if quick else FULL
    before = machine()
    tables = [
        "## Accepting mail, beside Debian's Postfix",
        markdown(await accept.measure(effort)),
        "The same smtp-source sends to both in turn. Both say 250 only when the mail is on disk. Postfix also hands "
        "each mail to its discard transport while it takes the next; we also hash each mail, check its line ends and "
        "look up its recipient. Neither parses it.",
        "## The store's group commit",
        await store.measure(effort),
        "## The inbox of a full house, beside that of a small one",
        markdown(await inbox.measure(effort)),
        "Pages a second, asked over HTTP by one agent who is signed in; rows, counts and campaigns come from the store "
        "each time.",
    ]
    head = (
        "# Performance\n\n"
        f"Printed by `bin/bench` on {datetime.now(UTC):%Y-%m-%d}: {before} before, {machine()} after. "
        f"Median of {effort.rounds} rounds of at least {effort.seconds:g} s each; only the ratios mean something on "
        "another machine."
    )
    return "\n\n".join([head, *tables]) + "\n"


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    text = uvloop.run(report(quick))
    print(text)
    if not quick:
        KEPT.write_text(text)


if __name__ == "__main__":
    main()
