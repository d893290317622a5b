/** Short sentences at the edge of the page, some with a way to take back what they tell. */

import { post } from "./csrf.js";

const SECONDS = 6;
const SECONDS_TO_UNDO = 12;

/**
 * @param {string} text
 * @param {{undo?: string, undoText?: string, seconds?: number, tone?: string}} [options] `undo` is a path to POST to
 * @returns {HTMLElement} the toast, which goes by itself
 */
export function toast(text, { undo = "", undoText = "", seconds = undo ? SECONDS_TO_UNDO : SECONDS, tone = "" } = {}) {
  const place = /** @type {HTMLElement} */ (document.getElementById("toasts"));
  const box = document.createElement("div");
  box.className = `toast ${tone}`;
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (undo) box.append(button(undoText || place.dataset.undo || "", () => takeBack(box, undo), "undo"));
  box.append(button("×", () => box.remove(), "close", place.dataset.close));
  place.append(box);
  rest(box, seconds);
  return box;
}

/** Take back what the newest toast tells; false when there is nothing to take back. */
export function undoNewest() {
  const buttons = document.querySelectorAll("#toasts .undo");
  /** @type {HTMLButtonElement | undefined} */ (buttons[buttons.length - 1])?.click();
  return buttons.length > 0;
}

export function listenForToasts() {
  const place = /** @type {HTMLElement} */ (document.getElementById("toasts"));
  document.body.addEventListener("posthouse:toast", (event) => {
    const { text, undo, tone } = /** @type {CustomEvent} */ (event).detail;
    toast(text, { undo, tone });
  });
  window.addEventListener("posthouse:undo", () => undoNewest());
  for (const silence of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(silence, () => toast(place.dataset.offline ?? "", { tone: "red" }));
  }
}

/** @param {HTMLElement} box @param {string} undo */
async function takeBack(box, undo) {
  box.remove();
  const answer = await post(undo).catch(() => null);
  const detail = { url: undo, ok: answer?.ok ?? false, status: answer?.status ?? 0 };
  document.body.dispatchEvent(new CustomEvent("posthouse:undone", { detail }));
}

/**
 * A toast goes after its time, but not while somebody points at it or has the focus in it.
 * @param {HTMLElement} box @param {number} seconds
 */
function rest(box, seconds) {
  setTimeout(() => (box.matches(":hover, :focus-within") ? rest(box, 2) : box.remove()), seconds * 1000);
}

/** @param {string} text @param {() => void} action @param {string} name @param {string} [label] */
function button(text, action, name, label) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, className: name });
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}
