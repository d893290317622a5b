/** To, Cc and Bcc: people as chips, typed freely, removed one by one. */

import { say } from "./words.js";

const ADDRESS = /^[^\s@<>()[\],;:"]+@[^\s@<>()[\],;:"]+\.?[^\s@<>()[\],;:".]$/;

/** @typedef {{name: string, address: string}} Person */

export class Recipients {
  /** @param {HTMLElement} row @param {() => void} changed */
  constructor(row, changed) {
    this.row = row;
    this.list = row.querySelector("ul");
    this.entry = row.querySelector("input");
    this.changed = changed;
    /** @type {Person[]} */
    this.people = [];
    this.entry.addEventListener("keydown", (event) => this.key(event));
    this.entry.addEventListener("blur", () => this.take());
    this.entry.addEventListener("paste", () => setTimeout(() => /[,;\n]/.test(this.entry.value) && this.take()));
    row.addEventListener("click", (event) => this.click(event));
  }

  /** @param {Person[]} people */
  set(people) {
    this.people = people.map((each) => ({ ...each }));
    this.draw();
  }

  get bad() {
    return this.people.find((each) => !ADDRESS.test(each.address));
  }

  /** Make people of what stands in the entry. */
  take() {
    const texts = this.entry.value.split(/[,;\n]+(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((text) => text.trim()).filter(Boolean);
    if (!texts.length) return;
    this.entry.value = "";
    const known = new Set(this.people.map((each) => each.address.toLowerCase()));
    this.people.push(...texts.map(person).filter((each) => !known.has(each.address.toLowerCase())));
    this.draw();
    this.changed();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "," || event.key === ";") {
      event.preventDefault();
      this.take();
    } else if (event.key === "Backspace" && !this.entry.value && this.people.length) {
      this.remove(this.people.length - 1);
    }
  }

  /** @param {MouseEvent} event */
  click(event) {
    const button = /** @type {Element} */ (event.target).closest("button[data-person]");
    if (button) this.remove(Number(button.getAttribute("data-person")));
    else this.entry.focus();
  }

  /** @param {number} index */
  remove(index) {
    this.people.splice(index, 1);
    this.draw();
    this.entry.focus();
    this.changed();
  }

  draw() {
    this.list.replaceChildren(...this.people.map((each, index) => chip(each, index)));
    if (this.people.length) this.row.hidden = false;
  }
}

/** `Ada Lovelace <ada@example.org>` or an address alone. @param {string} text @returns {Person} */
function person(text) {
  const found = /^(.*)<([^<>]+)>$/.exec(text);
  if (!found) return { name: "", address: text.replace(/^mailto:/i, "") };
  return { name: found[1].trim().replace(/^"(.*)"$/, "$1"), address: found[2].trim() };
}

/** @param {Person} each @param {number} index */
function chip(each, index) {
  const item = document.createElement("li");
  item.className = ADDRESS.test(each.address) ? "chip" : "chip red";
  const text = document.createElement("span");
  text.textContent = each.name && each.name !== each.address ? `${each.name} <${each.address}>` : each.address;
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.person = String(index);
  button.setAttribute("aria-label", say("remove", { name: each.address }));
  button.textContent = "×";
  item.append(text, button);
  return item;
}
