/** The three panes: moving through the list, opening, and keeping all of it fresh without losing anybody's place. */

import { toast } from "../toast.js";
import { ask, look } from "./ask.js";
import { Composer } from "./composer.js";
import { tend } from "./letters.js";
import { announce, say } from "./words.js";

const TOGETHER_MS = 60; // news that come together are fetched together
const ONE_PAGE = 50;
const MOST = 500; // rows that one refresh brings

const $ = (/** @type {string} */ id) => document.getElementById(id);
const { user, most } = $("desk").dataset;

export class Inbox {
  constructor() {
    /** @type {Composer | null} */
    this.composer = null;
    this.refreshing = false;
    this.again = false;
    this.timer = 0;
    /** @type {Promise<void> | null} while a conversation is being fetched */
    this.opening = null;
    /** @type {Map<string, number>} messages that can be taken back, and where they are */
    this.underway = new Map();
    this.begin();
    this.mark();
  }

  get number() {
    return Number($("talk").dataset.number ?? 0);
  }

  get query() {
    return $("list").dataset.query;
  }

  get rows() {
    return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#rows .row")]);
  }

  get row() {
    return document.querySelector("#rows .row[tabindex='0']");
  }

  /** The conversation that is shown gets its frames, its composer and its place. */
  begin() {
    const form = $("composer");
    this.composer = form ? new Composer(form, this.hooks()) : null;
    if (!form) return;
    tend($("letters"));
    const letters = document.querySelectorAll("#letters > .letter");
    if (letters.length > 1) $("letters").scrollTop = letters[letters.length - 1].offsetTop - $("letters").offsetTop - 12;
    this.tellRead();
  }

  hooks() {
    return {
      user,
      most: Number(most),
      reload: () => this.open(location.pathname + location.search, { push: false, leave: false }),
      commented: () => (toast(say("comment_added")), this.reopen()),
      sent: (number, message, seconds, closed) => this.sent(number, message, seconds, closed),
    };
  }

  tellRead() {
    const row = $(`row-${this.number}`);
    if (this.number && !document.hidden && (!row || row.classList.contains("unread"))) {
      ask("POST", `/agent/interactions/${this.number}/reading`).catch(() => null);
    }
  }

  // Opening and going back --------------------------------------------------------------------------------------------

  /** @param {string} href @param {{push?: boolean, focus?: boolean, leave?: boolean}} [how] */
  async open(href, how = {}) {
    const opening = (this.opening = this.show(href, how));
    await opening;
    if (this.opening === opening) this.opening = null;
  }

  async show(href, { push = true, focus = true, leave = true } = {}) {
    if (leave) await this.composer?.leave();
    $("talk").setAttribute("aria-busy", "true");
    const asked = (this.asked = Symbol(href));
    const page = await look(href).catch((error) => void toast(error.message, { tone: "red" }));
    if (!page || this.asked !== asked) return void $("talk").removeAttribute("aria-busy");
    $("talk").replaceWith(page.getElementById("talk"));
    $("card").replaceWith(page.getElementById("card"));
    if (push) history.pushState({ desk: true }, "", href);
    this.begin();
    this.mark();
    this.title();
    if (focus) $("talk-title")?.focus({ preventScroll: true });
  }

  /** The same conversation again, after something of ours has changed it. */
  async reopen() {
    await this.open(`/agent/interactions/${this.number}${this.query}`, { push: false, leave: false });
    this.soon();
  }

  /** Another view, campaign or search. @param {string} href @param {{push?: boolean}} [how] */
  async visit(href, { push = true } = {}) {
    const page = await look(href).catch((error) => void toast(error.message, { tone: "red" }));
    if (!page) return;
    $("views").replaceWith(page.getElementById("views"));
    $("list").replaceWith(page.getElementById("list"));
    window.htmx.process($("list"));
    $("list").scrollTop = 0;
    $("search").elements.q.value = new URL(href, location.href).searchParams.get("q") ?? "";
    if (push) history.pushState({ desk: true }, "", this.number && !this.narrow ? `/agent/interactions/${this.number}${this.query}` : href);
    this.mark();
    this.title();
    document.querySelector("#views [aria-current]")?.focus({ preventScroll: true });
  }

  get narrow() {
    return matchMedia("(max-width: 820px)").matches;
  }

  async back({ push = true } = {}) {
    const number = this.number;
    await this.composer?.leave();
    this.composer = null;
    const empty = $("nothing-open").content.cloneNode(true);
    $("talk").replaceWith(empty.querySelector("#talk"));
    $("card").replaceWith(empty.querySelector("#card"));
    if (push) history.pushState({ desk: true }, "", `/agent/inbox${this.query}`);
    this.mark();
    this.title();
    ($(`row-${number}`) ?? this.row)?.focus();
  }

  /** The browser went back or forward. */
  async travel() {
    const { pathname, search } = location;
    if (pathname === "/agent/inbox") {
      if (this.number) await this.back({ push: false });
      await this.visit(pathname + search, { push: false });
    } else {
      await this.open(pathname + search, { push: false });
      if (search && this.query !== search) await this.visit(`/agent/inbox${search}`, { push: false });
    }
  }

  // The list ----------------------------------------------------------------------------------------------------------

  /** Say which row is open, and which one Tab stops at. */
  mark() {
    const stop = this.row ?? $(`row-${this.number}`) ?? this.rows[0];
    for (const row of this.rows) {
      row.tabIndex = row === stop ? 0 : -1;
      row.setAttribute("aria-selected", String(Number(row.dataset.number) === this.number));
    }
  }

  /** @param {number} by rows up or down */
  move(by) {
    const rows = this.rows;
    if (!rows.length) return;
    const at = rows.indexOf(this.row);
    const here = rows[at] === document.activeElement || this.number ? at + by : at;
    this.stop(rows[Math.max(0, Math.min(rows.length - 1, here))]);
  }

  /** @param {HTMLElement} row */
  stop(row) {
    for (const each of this.rows) each.tabIndex = each === row ? 0 : -1;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  title() {
    const mine = document.querySelector("#views a:first-child span")?.textContent;
    const name = $("talk-head")?.dataset.title ?? say("inbox");
    document.title = `${mine ? `(${mine}) ` : ""}${name} · Posthouse`;
  }

  // Fresh -------------------------------------------------------------------------------------------------------------

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), TOGETHER_MS);
  }

  async refresh() {
    if (this.refreshing) return void (this.again = true);
    this.refreshing = true;
    try {
      await Promise.all([this.refreshList(), this.refreshTalk()]);
    } catch {
      // No connection: the page says so already, and a snapshot comes with the next one.
    }
    this.refreshing = false;
    if (this.again) {
      this.again = false;
      this.soon();
    }
  }

  async refreshList() {
    const query = this.query;
    const limit = Math.min(MOST, Math.max(ONE_PAGE, this.rows.length));
    const page = await look(`/agent/inbox${query}&limit=${limit}`);
    if (query !== this.query) return;
    const before = new Map(this.rows.map((row) => [row.id, row.querySelector("time").dateTime]));
    melt($("views"), page.getElementById("views"));
    melt($("list"), page.getElementById("list"));
    window.htmx.process($("list"));
    this.mark();
    this.title();
    for (const row of this.rows) {
      if (row.classList.contains("unread") && before.get(row.id) !== row.querySelector("time").dateTime) this.greet(row);
    }
  }

  /** @param {HTMLElement} row */
  greet(row) {
    const part = (/** @type {string} */ name) => row.querySelector(name).textContent;
    announce(say("new_mail", { name: part(".from b"), subject: part(".subject") }));
  }

  async refreshTalk() {
    const number = this.number;
    if (!number) return;
    const page = await look(`/agent/interactions/${number}`);
    if (number !== this.number) return;
    const letters = $("letters");
    const atEnd = letters.scrollHeight - letters.scrollTop - letters.clientHeight < 80;
    for (const id of ["talk-head", "letters", "card"]) melt($(id), page.getElementById(id));
    $("talk").dataset.open = page.getElementById("talk").dataset.open;
    tend(letters);
    if (atEnd) letters.scrollTop = letters.scrollHeight;
    this.tellComposer(page);
    this.tellRead();
  }

  /** @param {Document} page */
  tellComposer(page) {
    const newest = JSON.parse(page.getElementById("composer").dataset.begun).seen;
    const letter = $(`letter-${newest}`);
    const others = letter && !letter.classList.contains("out");
    this.composer?.movedOn(newest, others ? letter.querySelector(".head b").textContent : "");
  }

  // What an agent does ------------------------------------------------------------------------------------------------

  async take() {
    await this.change("assignment", { user: "me" });
    toast(say("taken"));
  }

  /** The next one comes by itself: that is what somebody who closes wants. */
  async close() {
    const number = this.number;
    await this.composer?.leave();
    await this.change("closure", {});
    this.tellClosed(number);
    await this.goOn(number);
  }

  tellClosed(number) {
    toast(say("closed", { number }), { undo: `/agent/interactions/${number}/reopening`, undoText: `${say("reopen")} (z)` });
  }

  async reopenIt() {
    await this.change("reopening", {});
    toast(say("reopened"));
    await this.reopen();
  }

  async goOn(number) {
    const rows = this.rows;
    const at = rows.findIndex((row) => Number(row.dataset.number) === number);
    const next = rows[at + 1] ?? rows[at - 1];
    if (this.narrow || !next) await this.back();
    else {
      this.stop(next);
      await this.open(next.getAttribute("href"));
    }
    this.soon();
  }

  /** @param {string} noun @param {Record<string, string>} fields */
  async change(noun, fields) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    await ask("POST", `/agent/interactions/${this.number}/${noun}`, form);
    this.soon();
  }

  async sent(number, message, seconds, closed) {
    const undo = `/agent/messages/${message}/undo`;
    this.underway.set(undo, number);
    if (seconds) toast(say("sent"), { undo, undoText: `${say("undo")} (z)`, seconds });
    else toast(say("sent"));
    if (closed) await this.goOn(number);
    else await this.reopen();
  }

  /** @param {string} message */
  async undo(message) {
    const url = `/agent/messages/${message}/undo`;
    this.underway.set(url, this.number);
    const ok = await ask("POST", url).then(() => true, () => false);
    this.undone({ url, ok });
  }

  /** Something was taken back, here or by a toast. @param {{url: string, ok: boolean}} what */
  async undone({ url, ok }) {
    const number = this.underway.get(url);
    if (!number) return this.soon();
    this.underway.delete(url);
    for (const box of document.querySelectorAll("#toasts .toast:has(.undo)")) box.remove();
    toast(say(ok ? "undone" : "left"), { tone: ok ? "" : "amber" });
    await this.open(`/agent/interactions/${number}${this.query}`, { push: number !== this.number, leave: number !== this.number });
    if (ok) this.composer?.write();
    this.soon();
  }
}

/**
 * Make what stands there like what came, and leave alone what people have moved: an open fold, a frame's height, focus.
 * @param {Element | null} old @param {Element | null} fresh
 */
function melt(old, fresh) {
  if (!old || !fresh) return;
  window.Idiomorph.morph(old, fresh, {
    morphStyle: "outerHTML",
    ignoreActiveValue: true,
    restoreFocus: true,
    callbacks: { beforeAttributeUpdated: (name, node) => !isOurs(name, node) },
  });
}

function isOurs(name, node) {
  if (node.tagName === "DETAILS") return name === "open";
  if (node.tagName === "IFRAME") return name === "height" || name === "src";
  if (node.matches(".bubble, .body")) return name === "hidden";
  return node.matches(".row") && (name === "tabindex" || name === "aria-selected");
}
