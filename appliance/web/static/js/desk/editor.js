/** Squire with our few buttons: what is pasted comes in clean, and carries no style of its own. */

import DOMPurify from "../../vendor/purify.es.mjs";
import Squire from "../../vendor/squire.mjs";
import { say } from "./words.js";

const CLEAN = {
  ALLOWED_TAGS: ["a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"],
  ALLOWED_ATTR: ["href", "colspan", "rowspan", "dir"],
  RETURN_DOM_FRAGMENT: true,
};

/** @param {HTMLElement} paper @param {HTMLElement} toolbar @param {() => void} changed */
export function edit(paper, toolbar, changed) {
  const editor = new Squire(paper, {
    sanitizeToDOMFragment: (html) => document.importNode(DOMPurify.sanitize(html, CLEAN), true),
  });
  editor.addEventListener("input", changed);
  editor.addEventListener("pathChange", () => press(editor, toolbar));
  toolbar.addEventListener("mousedown", (event) => event.preventDefault());
  toolbar.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-format]");
    if (button) format(editor, button.getAttribute("data-format"));
  });
  toolbar.addEventListener("keydown", (event) => rove(event, toolbar));
  return editor;
}

function format(editor, name) {
  const is = (tag) => editor.hasFormat(tag);
  if (name === "bold") is("B") ? editor.removeBold() : editor.bold();
  if (name === "italic") is("I") ? editor.removeItalic() : editor.italic();
  if (name === "list") is("UL") ? editor.removeList() : editor.makeUnorderedList();
  if (name === "quote") is("BLOCKQUOTE") ? editor.decreaseQuoteLevel() : editor.increaseQuoteLevel();
  if (name === "link") link(editor, is("A"));
  editor.focus();
}

function link(editor, there) {
  if (there) return editor.removeLink();
  const url = prompt(say("link"), "https://");
  if (url && /^(https?:\/\/.|mailto:.|tel:.)/i.test(url.trim())) editor.makeLink(url.trim());
}

function press(editor, toolbar) {
  const tags = { bold: "B", italic: "I", list: "UL", link: "A", quote: "BLOCKQUOTE" };
  for (const button of toolbar.querySelectorAll("[data-format]")) {
    button.setAttribute("aria-pressed", String(editor.hasFormat(tags[button.dataset.format])));
  }
}

/** Arrow keys inside the toolbar, one stop for Tab (WAI-ARIA toolbar). */
function rove(event, toolbar) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const buttons = [...toolbar.querySelectorAll("button")];
  const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}
