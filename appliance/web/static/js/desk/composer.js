/** Writing in a conversation: reply, forward or comment; saved as one types, sent once, and never lost on the way. */

import { toast } from "../toast.js";
import { Refused, ask } from "./ask.js";
import { edit } from "./editor.js";
import { Files } from "./files.js";
import { localCopy } from "./local_copy.js";
import { notify } from "./notices.js";
import { Recipients } from "./recipients.js";
import { Sending } from "./sending.js";
import { clock, plain, say } from "./words.js";

const QUIET_MS = 900; // of no typing, after which the draft is saved
const BUSY_MS = 5000; // of typing without a pause, after which it is saved all the same
const RETRY_MS = 5000;

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {{user: string, most: number, sent: (number: number, message: number, seconds: number, closed: boolean) => void,
   *          commented: () => void, reload: () => void}} desk
   */
  constructor(form, desk) {
    this.form = form;
    this.desk = desk;
    this.begun = JSON.parse(form.dataset.begun);
    this.number = this.begun.number;
    this.url = `/agent/interactions/${this.number}`;
    this.seen = this.begun.seen;
    this.told = 0; // the newest message that a notice here has told of
    this.version = this.begun.draft?.version ?? null;
    this.copy = localCopy(desk.user, this.number);
    this.note = /** @type {HTMLTextAreaElement} */ (form.querySelector("#note"));
    this.notices = form.querySelector("#notices");
    this.saved = form.querySelector("#saved");
    this.timer = this.typingSince = 0;
    /** @type {Promise<void> | null} */
    this.saving = null;
    this.dirty = this.over = false;
    this.mailMode = "reply"; // what the letter is while a comment is being written
    /** @type {number[]} */
    this.takenAlong = [];
    this.build();
    this.restore();
  }

  build() {
    const changed = () => this.changed();
    const row = (/** @type {string} */ name) => new Recipients(this.form.querySelector(`[data-field=${name}]`), () => this.touch());
    this.people = { to: row("to"), cc: row("cc"), bcc: row("bcc") };
    this.paper = this.form.querySelector("#paper");
    this.editor = edit(this.paper, this.form.querySelector(".toolbar"), () => this.edited());
    this.files = new Files(this.form.querySelector("#draft-files"), `${this.url}/draft`, {
      most: this.desk.most,
      complain: (text) => notify(this.notices, { text, tone: "red" }),
      kept: (version) => ((this.version = version), this.touch()),
      gone: changed,
    });
    this.note.addEventListener("input", changed);
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.send(false)));
    this.form.addEventListener("click", (event) => this.click(event));
    this.form.querySelector("#file-entry").addEventListener("change", (event) => this.attach(event.target.files));
    this.form.querySelector(".tabs").addEventListener("keydown", (event) => this.rove(event));
    this.takeDrops();
    this.sending = new Sending(this);
  }

  takeDrops() {
    const files = (/** @type {DataTransfer | null} */ data) => (this.mode === "comment" ? [] : [...(data?.files ?? [])]);
    this.form.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && (event.preventDefault(), this.form.classList.add("over")));
    this.form.addEventListener("dragleave", () => this.form.classList.remove("over"));
    this.form.addEventListener("drop", (event) => {
      this.form.classList.remove("over");
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.attach(files(event.dataTransfer));
    });
    this.paper.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length || event.clipboardData.types.includes("text/html")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.attach(files(event.clipboardData));
    }, { capture: true });
  }

  /** What was kept by the server, or by this browser when that is newer; else an empty letter to the right people. */
  restore() {
    const { draft, signature } = this.begun;
    const blank = signature ? `<div><br></div><div>${signature}</div>` : "<div><br></div>";
    this.show(blank);
    this.blank = this.known;
    const local = this.copy.read();
    const newer = local && (!draft || local.at > Date.parse(draft.saved) + 1000) ? local : null;
    const from = newer ?? draft;
    this.choose(from?.mode ?? "reply", { fresh: !from });
    if (draft) this.files.show(draft.files);
    if (!from) return;
    this.touched = true;
    for (const [name, row] of Object.entries(this.people)) row.set(from[name] ?? []);
    if (from.mode === "comment") this.note.value = from.note ?? plain(from.html);
    else this.show(from.html || blank);
    this.expand();
    if (newer) {
      this.saved.textContent = say("local", { time: clock(new Date(newer.at)) });
      this.changed();
    } else this.tellSaved(draft.saved);
  }

  get isBlank() {
    return this.editor.getHTML() === this.blank || this.paper.innerText.trim() === "";
  }

  get isEmpty() {
    return this.isBlank && !this.note.value.trim() && !this.files.kept.length && !this.files.onTheirWay;
  }

  get isOpen() {
    return this.form.hasAttribute("data-wide");
  }

  expand() {
    this.form.toggleAttribute("data-wide", true);
  }

  shrink() {
    this.form.toggleAttribute("data-wide", false);
  }

  /** Begin to write, with the cursor where writing begins. @param {string} [mode] */
  write(mode = this.mode) {
    this.expand();
    if (mode !== this.mode) this.choose(mode, { fresh: true });
    if (mode === "comment") return this.note.focus();
    if (!this.people.to.people.length) return this.people.to.entry.focus();
    this.editor.focus();
    if (this.isBlank) this.editor.moveCursorToStart();
  }

  /** @param {string} mode @param {{fresh: boolean}} how `fresh`: with the recipients that the mode suggests */
  choose(mode, { fresh }) {
    const before = this.mode;
    this.mode = mode;
    if (mode !== "comment") this.mailMode = mode;
    this.form.dataset.mode = mode;
    for (const tab of this.form.querySelectorAll(".tab")) {
      const is = tab.dataset.mode === mode;
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      if (is) this.form.querySelector("#composer-in").setAttribute("aria-labelledby", tab.id);
    }
    const comment = mode === "comment";
    this.note.hidden = !comment;
    this.paper.hidden = comment;
    const word = comment ? "add_comment" : mode === "forward" ? "forward" : "send";
    this.form.querySelector("[data-send-word]").textContent = say(word);
    this.form.action = `${this.url}/${comment ? "comments" : mode === "forward" ? "forwards" : "replies"}`;
    if (fresh && !comment) this.suggest(mode);
    if (fresh && before) this.takeAlong(before);
  }

  suggest(mode) {
    const { to, cc } = this.begun.suggested[mode];
    this.people.to.set(to);
    this.people.cc.set(cc);
    this.people.cc.row.hidden = !this.people.cc.people.length;
  }

  /** A forward carries the files of what it forwards; an answer does not. @param {string} before the mode left */
  async takeAlong(before) {
    if (this.mode === "forward" && this.begun.forwards) {
      this.takenAlong = await this.files.takeAlong(this.begun.forwards).catch(() => []);
    } else if (before === "forward" && this.mode !== "comment") {
      for (const id of this.takenAlong.splice(0)) await this.files.remove(id).catch(() => null);
    }
  }

  click(event) {
    const target = /** @type {Element} */ (event.target);
    const tab = target.closest(".tab");
    if (tab) return this.write(tab.dataset.mode);
    const action = target.closest("[data-do]")?.dataset.do;
    if (action === "write") this.write();
    if (action === "shrink") this.shrink();
    if (action === "copies") this.showCopies();
    if (action === "attach") this.form.querySelector("#file-entry").click();
    if (action === "send-close") this.send(true);
    if (action === "discard") this.discard();
  }

  rove(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...this.form.querySelectorAll(".tab:not([hidden])")];
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    this.expand();
    this.choose(next.dataset.mode, { fresh: true });
    next.focus();
  }

  showCopies() {
    this.people.cc.row.hidden = this.people.bcc.row.hidden = false;
    this.people.cc.entry.focus();
  }

  async attach(files) {
    this.expand();
    await this.files.add([...files]);
    this.form.querySelector("#file-entry").value = "";
  }

  /** Squire tells of every change of its document, also of those that we make ourselves. */
  edited() {
    const html = this.editor.getHTML();
    if (html !== this.known) this.changed();
    this.known = html;
  }

  /** @param {string} html */
  show(html) {
    this.editor.setHTML(html);
    this.known = this.editor.getHTML();
  }

  touch() {
    this.touched = true;
    this.changed();
  }

  /** Something is different: keep a copy here at once, and with the server soon. */
  changed() {
    if (this.over || (this.isEmpty && !this.touched)) return; // the editor also tells when it is filled by us
    this.dirty = true;
    this.form.querySelector("[data-do=discard]").hidden = false;
    this.copy.keep({ ...this.letter(), note: this.note.value });
    this.typingSince ||= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(QUIET_MS, this.typingSince + BUSY_MS - Date.now())));
  }

  letter() {
    const comment = this.mode === "comment" && this.isBlank;
    const people = Object.fromEntries(Object.entries(this.people).map(([name, row]) => [name, row.people]));
    const mode = this.mode === "comment" && !comment ? this.mailMode : this.mode;
    return { mode, ...people, html: comment ? escape(this.note.value) : this.editor.getHTML() };
  }

  /** One save at a time; what changed meanwhile is saved after it. */
  async save() {
    clearTimeout(this.timer);
    if (this.saving) await this.saving;
    if (!this.dirty || this.over) return;
    this.saving = this.keep();
    await this.saving;
    this.saving = null;
    if (this.dirty && !this.over) this.timer = setTimeout(() => this.save(), QUIET_MS);
  }

  async keep() {
    this.dirty = false;
    this.typingSince = 0;
    try {
      const answer = await ask("PUT", `${this.url}/draft`, { ...this.letter(), version: this.version });
      this.version = answer.version;
      if (!this.dirty && !(this.mode === "comment" && !this.isBlank)) this.copy.forget();
      this.tellSaved(answer.saved);
    } catch (error) {
      if (error instanceof Refused && error.status === 409) this.otherWindow();
      else this.notSaved(error);
    }
  }

  tellSaved(at) {
    this.saved.classList.remove("asks");
    this.saved.textContent = say("saved", { time: clock(at) });
    this.form.querySelector("[data-do=discard]").hidden = false;
  }

  notSaved(error) {
    this.saved.classList.add("asks");
    this.saved.textContent = say(error instanceof Refused && error.status === 401 ? "signed_out" : "unsaved");
    this.dirty = true;
    this.timer = setTimeout(() => this.save(), RETRY_MS);
  }

  otherWindow() {
    const keepMine = () => ((this.version = null), (this.dirty = true), this.save());
    const load = () => (this.copy.forget(), (this.over = true), this.desk.reload());
    notify(this.notices, { text: say("other_window"), actions: [[say("keep_mine"), keepMine], [say("load_other"), load]] });
  }

  /** The customer or a colleague wrote while this is open. @param {number} newest @param {string} who */
  movedOn(newest, who) {
    if (newest <= Math.max(this.seen, this.told)) return;
    this.told = newest;
    if (this.isEmpty) this.seen = newest;
    else if (who) notify(this.notices, { text: `${who} ${say("wrote_now")}.`, tone: "blue", actions: [[say("edit"), () => (this.seen = newest)]] });
  }

  /** @param {boolean} close */
  send(close) {
    return this.sending.send(close);
  }

  finish() {
    this.over = true;
    clearTimeout(this.timer);
    this.copy.forget();
  }

  async discard() {
    this.finish();
    await this.saving;
    await ask("DELETE", `${this.url}/draft`).catch(() => null);
    toast(say("discarded"));
    this.desk.reload();
  }

  /** Going elsewhere: what is not saved is saved, and a draft that says nothing leaves no trace. */
  async leave() {
    if (this.over) return;
    const onlyTakenAlong = this.files.kept.every((file) => this.takenAlong.includes(file.id));
    if (this.version && this.isBlank && !this.note.value.trim() && onlyTakenAlong) {
      this.finish();
      await this.saving;
      await ask("DELETE", `${this.url}/draft`, undefined, { keepalive: true }).catch(() => null);
    } else if (this.dirty) {
      await this.save();
      this.over = true;
    }
  }

  /** The window closes: the last words travel on their own. */
  hurry() {
    if (!this.dirty || this.over) return;
    const body = { ...this.letter(), version: this.version };
    ask("PUT", `${this.url}/draft`, body, { keepalive: true }).catch(() => null);
  }
}

function escape(words) {
  return Object.assign(document.createElement("div"), { innerText: words }).innerHTML;
}
