"""An agent's day in a real browser: mail appears, is answered by keyboard, and nothing that is written gets lost."""

import smtplib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, expect

from tests.journeys.conftest import PASSWORD, House

READY = "#desk[data-ready]"
LONGEST = 15_000  # milliseconds that anything may take on a busy machine
CHROMIUM_CANNOT_KNOW = "Failed to load resource"  # the answer was 409, which is what the test wants
HOSTILE = """<p id="words">Look at this</p><script>document.title = "owned"</script><img src=x onerror="alert(1)">
<a href="javascript:alert(2)">here</a><svg><animate onbegin="alert(3)" attributeName="x"/></svg>
<style>@import url(http://outside.example/x.css); body { background: url(http://outside.example/y) }</style>
<img src="http://outside.example/pixel.gif"><div style="background-image:url(http://outside.example/z)">x</div>
<form action="http://outside.example/"><button>Win</button></form><iframe src="http://outside.example/"></iframe>"""


BEYOND_THE_EDGE = """[...document.querySelectorAll(".talk *")].filter((each) =>
    each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML)"""


@dataclass
class Desk:
    """A browser in which an agent is signed in, the house it talks to, and all that went wrong in it."""

    house: House
    page: Page
    faults: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def send(self, subject: str, text: str, html: str = "", **headers: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Ada Lovelace <ada@example.org>", "inbox@acme.test", subject
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", self.house.smtp_port) as client:
            client.send_message(mail, "ada@example.org", ["inbox@acme.test"])

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and CHROMIUM_CANNOT_KNOW not in message.text:
            self.faults.append(message.text)

    def watch(self, request: Request) -> None:
        if not request.url.startswith((self.house.web, "data:", "about:", "blob:")):
            self.strangers.append(request.url)


@pytest.fixture
async def desk(house: Callable[..., House], chromium: Browser) -> AsyncIterator[Desk]:
    """Nothing that happens here may leave an error, a violated policy or a request to elsewhere behind."""
    ours = house(relay={"routes": {"*": "127.0.0.1:9"}}, desk={"undo_seconds": 30})
    ours.start()
    context = await chromium.new_context(base_url=ours.web)
    page = await context.new_page()
    page.set_default_timeout(LONGEST)
    desk = Desk(ours, page)
    page.on("console", desk.hear)
    page.on("pageerror", lambda error: desk.faults.append(str(error)))
    page.on("request", desk.watch)
    await page.goto("/sign-in?next=/agent/inbox?view=open")
    await page.fill("[name=username]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_selector(READY, state="attached")
    yield desk
    assert desk.faults == []
    assert desk.strangers == []


async def test_mail_appears_is_answered_by_keyboard_with_a_file_taken_back_sent_and_closed(
    desk: Desk, tmp_path: Path
) -> None:
    page = desk.page
    await page.goto("/agent/inbox?view=open")
    await page.evaluate("window.thisVeryPage = true")
    await page.wait_for_selector(READY, state="attached")
    await expect(page.get_by_text("To try it, write to:")).to_be_visible()

    desk.send("Where is my parcel?", "It was due on Monday.")
    row = page.locator(".row", has_text="Where is my parcel?")
    await expect(row).to_be_visible()
    await expect(page.locator("#desk-live")).to_have_text("New mail from Ada Lovelace: Where is my parcel?")
    assert await page.evaluate("window.thisVeryPage")

    await page.keyboard.press("j")
    await expect(row).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("It was due on Monday.").last).to_be_visible()
    await expect(row).not_to_have_class("row unread")

    await page.keyboard.press("r")
    await expect(page.locator("#paper")).to_be_focused()
    await page.keyboard.type("It comes today, see attached.")
    await expect(page.locator("#saved")).to_contain_text("Draft saved")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#notices")).to_contain_text("speaks of an attachment")
    await page.set_input_files("#file-entry", files=[file("receipt.pdf")])
    await expect(page.locator("#draft-files", has_text="receipt.pdf").locator("[data-file]")).to_be_visible()  # kept

    await page.reload()
    await page.wait_for_selector(READY, state="attached")
    await expect(page.locator("#paper")).to_contain_text("It comes today, see attached.")
    await expect(page.locator("#draft-files")).to_contain_text("receipt.pdf")

    await page.locator("#paper").click()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".letter.out")).to_contain_text("receipt.pdf")
    await expect(page.locator(".letter.out")).to_contain_text("Waiting to leave")
    await page.keyboard.press("Escape")
    await page.keyboard.press("z")
    await expect(page.locator("#paper")).to_contain_text("It comes today, see attached.")
    await expect(page.locator("#draft-files")).to_contain_text("receipt.pdf")
    await expect(page.locator(".letter.out")).to_have_count(0)

    await page.locator("#paper").click()
    await page.keyboard.press("Control+Shift+Enter")
    await expect(page.get_by_text("No open conversations")).to_be_visible()
    await page.goto("/agent/inbox?view=closed")
    await expect(row).to_be_visible()


async def test_on_a_narrow_page_nothing_runs_off_the_edge_in_polish_either(desk: Desk) -> None:
    page = desk.page
    await page.locator("details.menu", has=page.locator("[name=language]")).locator("summary").click()
    await page.get_by_role("button", name="Polski").click()
    await page.goto("/agent/inbox?view=open")
    await page.wait_for_selector(READY, state="attached")
    copied = {"Cc": "Grace <grace@example.org>", "Reply_To": "x" * 60 + "@example.org"}
    desk.send("Gdzie jest moja paczka?", "Miała być.", **copied)
    await page.locator(".row", has_text="Gdzie jest").click()
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(page.get_by_role("tab", name="Wszystkim")).to_be_visible()
    assert await page.evaluate(BEYOND_THE_EDGE) == []
    await page.locator(".invite").click()
    await expect(page.locator("#paper")).to_be_focused()
    assert await page.evaluate(BEYOND_THE_EDGE) == []


async def test_who_writes_while_the_customer_writes_is_told_before_anything_is_sent(desk: Desk) -> None:
    page = desk.page
    desk.send("Broken cup", "One is broken.", Message_ID="<cup@example.org>")
    await page.locator(".row", has_text="Broken cup").click()
    await page.keyboard.press("r")
    await expect(page.locator("#paper")).to_be_focused()
    await page.keyboard.type("We send one.")

    desk.send("Re: Broken cup", "No, two are broken!", In_Reply_To="<cup@example.org>")
    await expect(page.locator("#letters")).to_contain_text("two are broken")
    await expect(page.locator("#notices")).to_contain_text("Ada Lovelace has written just now")
    await expect(page.locator("#paper")).to_be_focused()
    await expect(page.locator("#paper")).to_contain_text("We send one.")

    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#notices")).to_contain_text("Somebody wrote while you were writing")
    await expect(page.locator(".letter.out")).to_have_count(0)
    await page.get_by_role("button", name="Send anyway").click()
    await expect(page.locator(".letter.out")).to_contain_text("Waiting to leave")


async def test_a_comment_never_touches_the_answer_and_a_second_window_never_overwrites_it(desk: Desk) -> None:
    page = desk.page
    desk.send("Invoice", "Please resend it.")
    await page.locator(".row", has_text="Invoice").click()
    await page.keyboard.press("r")
    await expect(page.locator("#paper")).to_be_focused()
    await page.keyboard.type("Here it is")
    await expect(page.locator("#saved")).to_contain_text("Draft saved")
    other = await page.context.new_page()
    await other.goto(page.url)
    await other.wait_for_selector(READY, state="attached")
    await expect(other.locator("#paper")).to_contain_text("Here it is")

    await page.locator("#paper").click()
    await page.keyboard.press("End")
    async with page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.ok):
        await page.keyboard.type(" again.")
    await other.locator("#paper").click()
    await other.keyboard.type("Wait. ")
    await expect(other.locator("#notices")).to_contain_text("changed in another window")
    await other.get_by_role("button", name="Show that one").click()
    await expect(other.locator("#paper")).to_contain_text("Here it is again.")

    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await page.keyboard.type("Ask Grace first")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".letter.comment")).to_contain_text("Ask Grace first")
    await expect(page.locator("#paper")).to_contain_text("Here it is again.")
    await expect(page.locator("#note")).to_have_value("")


async def test_a_hostile_mail_runs_nothing_and_asks_nobody(desk: Desk) -> None:
    page = desk.page
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    desk.send('<img src=x onerror="alert(0)">', "Look at this", HOSTILE)
    await page.locator(".row").click()

    body = page.frame_locator("iframe.leaf")
    await expect(body.locator("p").first).to_have_text("Look at this")
    frame = page.locator("iframe.leaf")
    await expect(frame).not_to_have_attribute("height", "60")
    await body.get_by_text("here").click()
    assert dialogs == []
    assert "owned" not in await page.title()
    assert await body.locator("script, svg, form, iframe, [onerror]").count() == 0


async def test_a_small_screen_shows_one_pane_and_goes_back(desk: Desk) -> None:
    page = desk.page
    await page.set_viewport_size({"width": 360, "height": 740})
    desk.send("From a phone", "Short.")
    await page.locator(".row").click()
    await expect(page.locator("#list")).to_be_hidden()
    await expect(page.locator("#talk-title")).to_have_text("From a phone")
    wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")

    await page.get_by_role("link", name="Back to the list").click()
    await expect(page.locator(".row")).to_be_focused()
    await expect(page.locator("#talk")).to_be_hidden()
    assert not wider
    await page.go_back()
    await expect(page.locator("#talk-title")).to_have_text("From a phone")


def file(name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
