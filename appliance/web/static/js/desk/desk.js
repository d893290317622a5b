/** The agent's desk: what happens on the page, and who sees to it. */

import { toast } from "../toast.js";
import { ask } from "./ask.js";
import { missed } from "./early.js";
import { Inbox } from "./inbox.js";
import { listen, showSheet } from "./keys.js";
import { loadImages, togglePlain } from "./letters.js";
import { say } from "./words.js";

const inbox = new Inbox();
listen(inbox);
inbox.title();

const ACTIONS = {
  keys: showSheet,
  back: () => inbox.back(),
  take: () => inbox.take(),
  close: () => inbox.close(),
  reopen: () => inbox.reopenIt(),
  images: (button) => loadImages(button.dataset.message),
  plain: (button) => togglePlain(button.dataset.message),
  undo: (button) => inbox.undo(button.dataset.message),
};

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (target.closest("[data-do]"));
  if (button && ACTIONS[button.dataset.do]) return event.preventDefault(), attempt(() => ACTIONS[button.dataset.do](button));
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = target.closest("a.row, a[data-open], a[data-visit]");
  if (!link) return;
  event.preventDefault();
  const href = link.getAttribute("href");
  if (link.matches("a.row")) inbox.stop(/** @type {HTMLElement} */ (link));
  attempt(() => (link.hasAttribute("data-visit") ? inbox.visit(href) : inbox.open(href)));
});

document.addEventListener("change", (event) => {
  const form = /** @type {Element} */ (event.target).closest("form[data-change]");
  if (form) attempt(async () => (await ask("POST", form.getAttribute("action"), new FormData(form)), inbox.soon()));
});

document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = event.target.elements.q.value.trim();
  attempt(() => inbox.visit(words ? `/agent/inbox?${new URLSearchParams({ q: words })}` : "/agent/inbox"));
});

addEventListener("popstate", () => attempt(() => inbox.travel()));
addEventListener("pagehide", () => inbox.composer?.hurry());
document.addEventListener("visibilitychange", () => (document.hidden ? inbox.composer?.hurry() : inbox.soon()));
document.body.addEventListener("htmx:afterSettle", () => inbox.mark());
document.body.addEventListener("posthouse:interaction", () => inbox.soon());
document.body.addEventListener("posthouse:snapshot", () => inbox.soon());
document.body.addEventListener("posthouse:undone", (event) => attempt(() => inbox.undone(event.detail)));

if (missed()) inbox.soon();
document.getElementById("desk").dataset.ready = "true";

/** What fails is said; the page goes on. @param {() => any} action */
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    toast(error.problem?.title ?? say("failed"), { tone: "red" });
  }
}
