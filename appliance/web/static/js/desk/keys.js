/** Single keys for people who do this all day; off inside text, and off altogether for those who want that. */

import { undoNewest } from "../toast.js";

const OFF = "posthouse-keys-off";
const CHORD_MS = 1200;

/** @param {import("./inbox.js").Inbox} inbox */
export function listen(inbox) {
  const sheet = /** @type {HTMLDialogElement} */ (document.getElementById("keys"));
  const off = /** @type {HTMLInputElement} */ (document.getElementById("keys-off"));
  off.checked = localStorage.getItem(OFF) === "1";
  off.addEventListener("change", () => localStorage.setItem(OFF, off.checked ? "1" : "0"));
  let chord = 0;

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.cancelBubble || sheet.open || event.isComposing) return;
    const composer = inbox.composer;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && composer?.form.contains(document.activeElement)) {
      event.preventDefault();
      event.stopPropagation();
      return void composer.send(event.shiftKey && composer.mode !== "comment");
    }
    if (event.key === "Escape") return escape(inbox);
    if (event.ctrlKey || event.metaKey || event.altKey || isText(event.target) || off.checked) return;
    if (Date.now() - chord < CHORD_MS && go(event.key, inbox)) {
      chord = 0;
      return event.preventDefault();
    }
    chord = event.key === "g" ? Date.now() : 0;
    if (press(event, inbox, sheet)) event.preventDefault();
  }, { capture: true });
}

export function showSheet() {
  document.getElementById("keys").showModal();
}

/** @returns {boolean} whether the key means something here */
function press(event, inbox, sheet) {
  const { key, target } = event;
  const talk = Boolean(inbox.number);
  const list = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  const scrolls = key.startsWith("Arrow") && !target.closest?.("#list") && target !== document.body;
  if (key in list && !scrolls) return inbox.move(list[key]), true;
  if (key === "o" && inbox.row) return inbox.row.click(), true;
  if (key === "Enter" && target === document.body && inbox.row) return inbox.row.click(), true;
  if (key === "/") return document.querySelector("#search input").select(), true;
  if (key === "?") return sheet.showModal(), true;
  if (key === "z") return undoNewest();
  const modes = { r: "reply", a: "reply_all", f: "forward", n: "comment" };
  if (inbox.opening && key.length === 1) return wait(inbox, modes[key]), true;
  if (!talk) return false;
  if (key in modes) return write(inbox, modes[key]), true;
  if (key === "e") return inbox.close(), true;
  if (key === "t") return inbox.take(), true;
  if (key === "u") return inbox.back(), true;
  return false;
}

/** Who is quicker than the network means the conversation that is coming, not the one before. */
function wait(inbox, mode) {
  if (mode) inbox.opening.then(() => write(inbox, mode));
}

function write(inbox, mode) {
  const hidden = mode === "reply_all" && document.getElementById("tab-reply_all").hidden;
  inbox.composer?.write(hidden ? "reply" : mode);
}

/** Out of the text first, then back to the list. */
function escape(inbox) {
  const active = document.activeElement;
  if (inbox.composer?.form.contains(active)) {
    inbox.composer.save();
    document.getElementById("talk-title").focus();
  } else if (isText(active)) {
    /** @type {HTMLElement} */ (active).blur();
  } else if (inbox.number) inbox.back();
}

function go(key, inbox) {
  const view = { m: "mine", u: "unassigned", n: "attention" }[key];
  if (view) inbox.visit(`/agent/inbox?view=${view}`);
  return Boolean(view);
}

/** @param {EventTarget | null} target */
function isText(target) {
  return target instanceof Element && Boolean(target.closest("input, textarea, select, [contenteditable]:not([contenteditable=false])"));
}
