"""/api/v1/mailboxes, /api/v1/campaigns and their members"""

import pytest

from tests.conftest import Team
from tests.web.api.conftest import Bearing, Program


@pytest.fixture
async def mailbox(admin: Program, team: Team) -> int:
    return (await admin.ask("POST", "mailboxes", {"address": "sales@acme.test"}, status=201))["id"]


async def test_a_mailbox_is_made_read_changed_and_removed(admin: Program, team: Team) -> None:
    sent = {"address": "Sales@acme.test", "aliases": ["vendite@acme.test"], "kind": "local"}
    made = await admin.ask("POST", "mailboxes", sent, status=201)
    assert made == {
        "id": made["id"],
        "address": "sales@acme.test",
        "aliases": ["vendite@acme.test"],
        "kind": "local",
        "receive": True,
    }
    url = f"mailboxes/{made['id']}"
    changed = await admin.ask("PATCH", url, {"aliases": [], "receive": False})
    assert changed == made | {"aliases": [], "receive": False}
    assert (await admin.ask("GET", "mailboxes?limit=1"))["items"] == [changed]
    await admin.ask("DELETE", url, status=204)
    await admin.ask("GET", url, status=404)
    await admin.ask("DELETE", url, status=404)


async def test_a_mailbox_says_what_it_cannot_be_yet(admin: Program, team: Team) -> None:
    faults = await admin.faults("POST", "mailboxes", {"address": "a@acme.test", "kind": "external"})
    assert "later release" in faults["kind"]
    imap = {"address": "a@acme.test", "imap": {"host": "127.0.0.1"}}
    assert set(await admin.faults("POST", "mailboxes", imap)) == {"imap"}
    assert set(await admin.faults("POST", "mailboxes", {"address": "nobody"})) == {"address"}


async def test_a_mailbox_that_is_taken_or_used_is_a_conflict(admin: Program, team: Team) -> None:
    await admin.ask("POST", "mailboxes", {"address": "help@acme.test"}, status=409)
    campaign = await admin.ask("GET", f"campaigns/{team.support}")
    await admin.ask("DELETE", f"mailboxes/{campaign['mailbox']}", status=409)


async def test_a_campaign_is_a_name_and_a_mailbox(admin: Program, mailbox: int) -> None:
    made = await admin.ask("POST", "campaigns", {"name": "Sales", "mailbox": mailbox}, status=201)
    assert made == {
        "id": made["id"],
        "name": "Sales",
        "mailbox": mailbox,
        "from_name": "",
        "reply_to": [],
        "enabled": True,
        "receive": True,
        "eligibility": "nocall",
        "order": "leastrecent",
        "max_interactions": None,
        "max_in_queue": None,
        "service_level_seconds": 14400,
        "time_zone": "UTC",
        "signature": "",
    }
    assert await admin.ask("GET", f"campaigns/{made['id']}") == made


async def test_everything_about_a_campaign_can_be_changed(admin: Program, mailbox: int) -> None:
    made = await admin.ask("POST", "campaigns", {"name": "Sales", "mailbox": mailbox}, status=201)
    change = {
        "name": "Vendite",
        "from_name": "Acme",
        "reply_to": ["sales@acme.test"],
        "enabled": False,
        "receive": False,
        "eligibility": "omni",
        "order": "linear",
        "max_interactions": 3,
        "max_in_queue": 9,
        "service_level_seconds": 60,
        "time_zone": "Europe/Rome",
        "signature": "<p>Acme<br>Rome</p>",
    }
    url = f"campaigns/{made['id']}"
    assert await admin.ask("PATCH", url, change) == made | change
    assert (await admin.ask("PATCH", url, {"max_interactions": None}))["max_interactions"] is None


async def test_a_signature_is_made_safe(admin: Program, team: Team) -> None:
    sent = {"signature": "<p onclick='x()'>Acme<script>alert(1)</script></p>"}
    assert (await admin.ask("PATCH", f"campaigns/{team.support}", sent))["signature"] == "<p>Acme</p>"


async def test_a_campaign_that_is_removed_is_gone_and_the_first_stays(admin: Program, team: Team) -> None:
    await admin.ask("DELETE", f"campaigns/{team.billing}", status=204)
    await admin.ask("GET", f"campaigns/{team.billing}", status=404)
    first = (await admin.ask("GET", "campaigns"))["items"][-1]
    await admin.ask("DELETE", f"campaigns/{first['id']}", status=409)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " \n"),
        ("mailbox", 999),
        ("mailbox", 2**63),
        ("reply_to.0", ["x\r\nBcc: all@example.org"]),
        ("eligibility", "always"),
        ("max_interactions", 0),
        ("service_level_seconds", -1),
        ("time_zone", "x"),
        ("signature", "\0"),
        ("thresholds", {"dropout": 1}),
        ("schedules", []),
        ("confirmation", {"enabled": True}),
        ("rating", {}),
        ("id", 7),
    ],
)
async def test_a_bad_value_or_one_of_a_later_release_is_refused(
    admin: Program, team: Team, field: str, value: object
) -> None:
    before = await admin.ask("GET", f"campaigns/{team.support}")
    sent = {field.partition(".")[0]: value}
    assert set(await admin.faults("PATCH", f"campaigns/{team.support}", sent)) == {field}
    assert await admin.ask("GET", f"campaigns/{team.support}") == before


async def test_a_name_of_a_campaign_is_given_once(admin: Program, mailbox: int) -> None:
    await admin.ask("POST", "campaigns", {"name": "support", "mailbox": mailbox}, status=409)


async def test_a_member_joins_changes_and_leaves(admin: Program, team: Team) -> None:
    url = f"campaigns/{team.billing}/members/{team.emma.user}"
    joined = await admin.ask("PUT", url, {"penalty": 7})
    assert joined == {"user": team.emma.user, "penalty": 7, "position": 0, "receive": True, "start": True}
    changed = await admin.ask("PUT", url, {"position": 2, "start": False})
    assert changed == joined | {"penalty": 0, "position": 2, "start": False}
    listed = await admin.ask("GET", f"campaigns/{team.billing}/members")
    assert [member["user"] for member in listed["items"]] == [team.paolo.user, team.emma.user]
    await admin.ask("DELETE", url, status=204)
    await admin.ask("DELETE", url, status=404)


async def test_a_membership_needs_a_campaign_a_user_and_good_numbers(admin: Program, team: Team) -> None:
    await admin.ask("PUT", f"campaigns/999/members/{team.emma.user}", {}, status=404)
    await admin.ask("PUT", f"campaigns/{team.billing}/members/999", {}, status=404)
    faults = await admin.faults("PUT", f"campaigns/{team.billing}/members/{team.emma.user}", {"penalty": 101})
    assert set(faults) == {"penalty"}


async def test_an_agent_knows_his_own_campaigns_alone(bearing: Bearing, team: Team) -> None:
    emma = await bearing("agent", team.emma.user)
    assert [campaign["name"] for campaign in (await emma.ask("GET", "campaigns"))["items"]] == ["Support"]
    assert (await emma.ask("GET", f"campaigns/{team.support}/members"))["items"][0]["user"] == team.emma.user
    await emma.ask("GET", f"campaigns/{team.billing}", status=404)
    await emma.ask("GET", f"campaigns/{team.billing}/members", status=404)


async def test_a_token_of_nobody_knows_every_campaign(bearing: Bearing, team: Team) -> None:
    names = [campaign["name"] for campaign in (await (await bearing("agent")).ask("GET", "campaigns"))["items"]]
    assert names == ["Billing", "Support", "Inbox"]


@pytest.mark.parametrize(("path", "first"), [("statuses", "new"), ("priorities", "urgent"), ("breaks", "lunch")])
async def test_what_a_team_chooses_from_is_listed(bearing: Bearing, path: str, first: str) -> None:
    listed = await (await bearing("agent")).ask("GET", path)
    assert listed["items"][-1]["code"] == first
    assert listed["next"] is None
