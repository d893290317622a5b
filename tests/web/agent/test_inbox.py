"""The list: what is in which view, how it goes on, and what an empty one says."""

from appliance.desk import handling
from appliance.model.ids import InteractionId
from appliance.store import Store
from tests.conftest import Receive, Team
from tests.web.conftest import SignIn

HTMX = {"HX-Request": "true"}
LETTER = "From: {name} <{name}@example.org>\nTo: help@acme.test\nSubject: Letter of {name}\n\nHello <b>{name}</b>"


async def test_a_new_mail_is_listed_under_unassigned_with_sender_subject_and_words(
    parcel: InteractionId, as_user: SignIn
) -> None:
    emma = await as_user("emma")

    page = await (await emma.get("/agent/inbox?view=unassigned")).text()

    assert f'href="/agent/interactions/{parcel}?view=unassigned"' in page
    assert "Ada Lovelace" in page
    assert "Where is my parcel?" in page
    assert "It is late." in page


async def test_words_of_strangers_are_escaped(receive: Receive, as_user: SignIn) -> None:
    await receive(LETTER.format(name="eve").replace("Subject: Letter", "Subject: <script>x</script>"))
    emma = await as_user("emma")

    page = await (await emma.get("/agent/inbox?view=open")).text()

    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


async def test_a_script_gets_the_two_left_panes_alone(parcel: InteractionId, as_user: SignIn) -> None:
    emma = await as_user("emma")

    piece = await (await emma.get(f"/agent/inbox?view=open&open={parcel}", headers=HTMX)).text()

    assert "<html" not in piece
    assert 'id="views"' in piece
    assert f'id="row-{parcel}" role="option"' in piece
    assert 'aria-selected="true"' in piece


async def test_a_long_list_goes_on_where_it_ended(receive: Receive, as_user: SignIn) -> None:
    for number in range(3):
        await receive(LETTER.format(name=f"person{number}"))
    emma = await as_user("emma")

    first = await (await emma.get("/agent/inbox?view=open&limit=2", headers=HTMX)).text()
    more = first.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    second = await (await emma.get(more, headers=HTMX)).text()

    assert "person2" in first
    assert "person0" not in first
    assert "person0" in second
    assert "person2" not in second
    assert "hx-get" not in second


async def test_search_finds_without_accents_and_says_so_when_nothing_is_there(
    receive: Receive, as_user: SignIn
) -> None:
    await receive(LETTER.format(name="García"))
    emma = await as_user("emma")

    found = await (await emma.get("/agent/inbox?q=garcia")).text()
    nothing = await (await emma.get("/agent/inbox?q=zanzibar")).text()

    assert "Letter of García" in found
    assert "Nothing was found" in nothing


async def test_an_empty_view_names_the_address_to_write_to(as_user: SignIn) -> None:
    emma = await as_user("emma")

    page = await (await emma.get("/agent/inbox?view=unassigned")).text()

    assert "Everything has an owner" in page
    assert "help@acme.test" in page
    assert "billing@acme.test" not in page


async def test_what_is_taken_and_closed_changes_its_view(
    store: Store, parcel: InteractionId, as_user: SignIn, team: Team
) -> None:
    emma = await as_user("emma")
    await store.write(handling.assign, team.emma, parcel, team.emma.user)
    mine = await (await emma.get("/agent/inbox?view=mine")).text()

    await emma.post(f"/agent/interactions/{parcel}/closure")
    emptied = await (await emma.get("/agent/inbox?view=mine")).text()
    closed = await (await emma.get("/agent/inbox?view=closed")).text()

    assert f'id="row-{parcel}"' in mine
    assert f'id="row-{parcel}"' not in emptied
    assert f'id="row-{parcel}"' in closed
