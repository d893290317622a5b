/** Colours change at once; the server remembers them. */

import { post } from "./csrf.js";

export function offerThemes() {
  for (const form of document.querySelectorAll("form[data-theme-switch]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = /** @type {SubmitEvent} */ (event).submitter;
      if (!(chosen instanceof HTMLButtonElement)) return;
      document.documentElement.dataset.theme = chosen.value;
      for (const button of form.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button === chosen));
      }
      post("/account/theme", { theme: chosen.value });
    });
  }
}
