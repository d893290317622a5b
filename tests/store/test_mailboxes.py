"""Mailboxes, aliases, domains, and the directory that the door answers from."""

import pytest

from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.campaign import Mailbox
from appliance.model.ids import MailboxId
from appliance.model.news import AddressesChanged, News
from appliance.store import Store, Tx, domains, mailboxes


def with_campaign(tx: Tx, mailbox: MailboxId, *, receive: bool = True, deleted: bool = False) -> None:
    tx.add(
        """
        INSERT INTO campaigns (name, mailbox, receive, created_at, deleted_at)
        VALUES ((SELECT count(*) FROM campaigns), :mailbox, :receive, :now, :deleted)
        """,
        mailbox=mailbox,
        receive=receive,
        now=tx.now,
        deleted=tx.now if deleted else None,
    )


async def test_a_mailbox_is_kept_in_lower_case_with_its_aliases(store: Store, news: list[News]) -> None:
    mailbox = await store.write(mailboxes.add, " Help@Ours.TEST", aliases=("Zoe@ours.test", "info@ours.test"))
    expected = Mailbox(mailbox, "help@ours.test", ("info@ours.test", "zoe@ours.test"), "local", receive=True)
    assert await store.read(mailboxes.get, mailbox) == expected
    assert await store.read(mailboxes.listed) == [expected]
    assert await store.read(mailboxes.named, "INFO@ours.test") == expected
    assert AddressesChanged() in news


@pytest.mark.parametrize("address", ["", "help", "@ours.test", "a b@ours.test", "a@b@ours.test", "a@ours..test", "a@-"])
async def test_what_is_no_address_is_invalid(store: Store, address: str) -> None:
    with pytest.raises(Invalid):
        await store.write(mailboxes.add, address)


async def test_an_address_has_one_owner(store: Store) -> None:
    first = await store.write(mailboxes.add, "help@ours.test", aliases=("info@ours.test",))
    second = await store.write(mailboxes.add, "sales@ours.test")
    for taken in ("HELP@ours.test", "info@ours.test"):
        with pytest.raises(Conflict):
            await store.write(mailboxes.add, taken)
        with pytest.raises(Conflict):
            await store.write(mailboxes.update, second, address=taken)
        with pytest.raises(Conflict):
            await store.write(mailboxes.update, second, aliases=(taken,))
    await store.write(mailboxes.update, first, address="help@ours.test", aliases=("info@ours.test",))


async def test_a_mailbox_changes_what_is_given_and_keeps_the_rest(store: Store) -> None:
    mailbox = await store.write(mailboxes.add, "help@ours.test", aliases=("info@ours.test",))
    await store.write(mailboxes.update, mailbox, receive=False)
    await store.write(mailboxes.update, mailbox, address="desk@ours.test")
    assert await store.read(mailboxes.get, mailbox) == Mailbox(
        mailbox, "desk@ours.test", ("info@ours.test",), "local", receive=False
    )


async def test_a_mailbox_that_a_campaign_needs_stays(store: Store) -> None:
    mailbox = await store.write(mailboxes.add, "help@ours.test", aliases=("info@ours.test",))
    free = await store.write(mailboxes.add, "free@ours.test", aliases=("gratis@ours.test",))
    await store.write(with_campaign, mailbox, deleted=True)
    with pytest.raises(Conflict):
        await store.write(mailboxes.remove, mailbox)
    await store.write(mailboxes.remove, free)
    for gone in (mailboxes.remove, mailboxes.update):
        with pytest.raises(NotFound):
            await store.write(gone, free)
    await store.write(mailboxes.add, "gratis@ours.test")


async def test_the_door_is_closed_only_where_no_campaign_receives(store: Store) -> None:
    def furnish(tx: Tx) -> None:
        domains.add(tx, "Ours.test")
        mailboxes.add(tx, "unused@ours.test")
        mailboxes.add(tx, "off@ours.test", receive=False)
        mailboxes.add(tx, "away@provider.test", kind="external")
        for name, campaigns in {
            "open": [{}],
            "shut": [{"receive": False}],
            "gone": [{"deleted": True}],
            "both": [{"deleted": True}, {"receive": False}, {}],
        }.items():
            mailbox = mailboxes.add(tx, f"{name}@second.test", aliases=(f"{name}@third.test",))
            for campaign in campaigns:
                with_campaign(tx, mailbox, **campaign)

    await store.write(furnish)
    directory = await store.read(mailboxes.directory)
    assert directory.domains == {"ours.test", "second.test", "third.test"}
    assert directory.open == {
        "unused@ours.test",
        *(f"{name}@{domain}.test" for name in ("open", "both") for domain in ("second", "third")),
    }
    assert directory.closed == {
        "off@ours.test",
        *(f"{name}@{domain}.test" for name in ("shut", "gone") for domain in ("second", "third")),
    }


async def test_a_domain_is_ours_until_nobody_lives_there(store: Store) -> None:
    assert await store.write(domains.add, "Bücher.Test.") == "xn--bcher-kva.test"
    await store.write(domains.add, "bücher.test")
    mailbox = await store.write(mailboxes.add, "help@bücher.test")
    assert await store.read(domains.listed) == ["xn--bcher-kva.test"]
    with pytest.raises(Conflict):
        await store.write(domains.remove, "xn--bcher-kva.test")
    await store.write(mailboxes.remove, mailbox)
    await store.write(domains.remove, "xn--bcher-kva.test")
    with pytest.raises(NotFound):
        await store.write(domains.remove, "xn--bcher-kva.test")
    with pytest.raises(Invalid):
        await store.write(domains.add, "no domain")
