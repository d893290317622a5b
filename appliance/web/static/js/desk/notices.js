/** What the composer has to say about sending: one notice at a time, above the buttons, with what can be done about it. */

/**
 * @param {HTMLElement} place
 * @param {{text: string, tone?: string, lines?: string[], actions?: [string, () => void][], focus?: boolean}} notice
 */
export function notify(place, { text, tone = "amber", lines = [], actions = [], focus = false }) {
  const box = document.createElement("div");
  box.className = `notice ${tone}`;
  const words = document.createElement("div");
  words.append(paragraph(text), ...lines.map(paragraph));
  box.append(words, ...actions.map(([label, action]) => button(label, () => (box.remove(), action()))));
  place.replaceChildren(box);
  if (focus) box.querySelector("button")?.focus();
}

function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}

function button(label, action) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
  made.addEventListener("click", action);
  return made;
}
