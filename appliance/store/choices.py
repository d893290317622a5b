"""Statuses, priorities and types of break: the short lists that a team chooses from."""

from appliance.model.choice import Break, Priority, Status
from appliance.store import View


def statuses(view: View) -> list[Status]:
    """In the order in which people choose from them."""
    return [
        Status(row["id"], row["code"], row["name"], bool(row["standard"]), bool(row["open"]))
        for row in view.all("SELECT * FROM statuses ORDER BY position, id")
    ]


def priorities(view: View) -> list[Priority]:
    """What goes first, first."""
    return [
        Priority(
            row["id"],
            row["code"],
            row["name"],
            bool(row["standard"]),
            bool(row["usual"]),
            row["reaction_minutes"],
            row["alarm_minutes"],
            row["execution_minutes"],
        )
        for row in view.all("SELECT * FROM priorities ORDER BY position, id")
    ]


def breaks(view: View) -> list[Break]:
    return [
        Break(row["id"], row["code"], row["name"], bool(row["standard"]), row["icon"], row["max_minutes"])
        for row in view.all("SELECT * FROM break_types ORDER BY id")
    ]
