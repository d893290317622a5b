/** The letters of a conversation: frames as tall as their mail, quotes folded, images on request. */

import { say } from "./words.js";

const QUOTE = "blockquote.quote, div.quote, body > blockquote:last-of-type, blockquote[type=cite]";
const watched = new WeakSet();

/** Look after every frame that is new. @param {ParentNode} letters */
export function tend(letters) {
  for (const frame of letters.querySelectorAll("iframe.leaf")) {
    if (watched.has(frame)) continue;
    watched.add(frame);
    frame.addEventListener("load", () => settle(frame));
    if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.body?.childNodes.length) settle(frame);
  }
}

/** @param {HTMLIFrameElement} frame */
function settle(frame) {
  const mail = frame.contentDocument;
  if (!mail?.body || mail.URL === "about:blank") return;
  foldQuotes(mail);
  const measure = () => frame.isConnected && (frame.height = String(Math.ceil(mail.documentElement.getBoundingClientRect().height) + scrollbar(mail)));
  new ResizeObserver(measure).observe(mail.body);
  mail.addEventListener("toggle", measure, true);
  mail.addEventListener("load", measure, true);
  mail.addEventListener("keydown", (event) => hand(event, frame));
  measure();
}

const scrollbar = (mail) => (mail.documentElement.scrollWidth > mail.documentElement.clientWidth ? 16 : 0);

/** A key pressed while a mail has the focus means what it means on the page. */
function hand(event, frame) {
  const { key, ctrlKey, shiftKey, metaKey, altKey } = event;
  frame.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, shiftKey, metaKey, altKey, bubbles: true }));
}

/** @param {Document} mail */
function foldQuotes(mail) {
  const quote = mail.querySelector(QUOTE);
  if (!quote || quote.closest("details") || !before(mail, quote)) return;
  const fold = mail.createElement("details");
  const summary = mail.createElement("summary");
  summary.textContent = say("quote");
  quote.replaceWith(fold);
  fold.append(summary, quote);
}

/** Whether anything is written above it: a mail that is all quote is shown. */
function before(mail, quote) {
  const range = mail.createRange();
  range.setStart(mail.body, 0);
  range.setEndBefore(quote);
  return range.toString().trim() !== "";
}

/** Load a mail's remote images, this once. @param {string} message */
export function loadImages(message) {
  const frame = /** @type {HTMLIFrameElement} */ (document.getElementById(`body-${message}`));
  frame.src = `/agent/messages/${message}/body?images=1`;
  document.querySelector(`[data-images="${message}"]`).hidden = true;
}

/** @param {string} message */
export function togglePlain(message) {
  const plain = document.getElementById(`plain-${message}`);
  const html = document.getElementById(`body-${message}`).parentElement;
  plain.hidden = !plain.hidden;
  html.hidden = !plain.hidden;
  document.getElementById(`menu-${message}`).removeAttribute("open");
}
