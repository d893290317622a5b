/** Sending what the composer holds: what must be right first, and what is said when the server will not have it. */

import { Refused, ask } from "./ask.js";
import { notify } from "./notices.js";
import { clock, plain, say } from "./words.js";

const MENTIONS = /allegat[oaie]|adjunt[oa]|za[łl][ąa]cz|attach(ed|ment)|enclosed/i;

export class Sending {
  /** @param {import("./composer.js").Composer} composer */
  constructor(composer) {
    this.composer = composer;
    this.busy = false;
  }

  /** @param {boolean} close @param {{sure?: boolean}} [how] */
  async send(close, { sure = false } = {}) {
    if (this.busy) return;
    for (const row of Object.values(this.composer.people)) row.take();
    const wrong = this.wrong(sure, close);
    if (wrong) return notify(this.composer.notices, { ...wrong, focus: Boolean(wrong.actions) });
    this.setBusy(true);
    clearTimeout(this.composer.timer);
    this.composer.dirty = false;
    await this.composer.saving;
    try {
      const answer = await ask("POST", this.composer.form.getAttribute("action"), this.whole(close));
      this.composer.finish();
      if (this.composer.mode === "comment") this.composer.desk.commented();
      else this.composer.desk.sent(this.composer.number, answer.message, answer.undo_seconds, close);
    } catch (error) {
      this.refused(error, close);
    } finally {
      this.setBusy(false);
    }
  }

  whole(close) {
    if (this.composer.mode === "comment") return { mode: "comment", text: this.composer.note.value };
    const { mode, to, cc, bcc, html } = this.composer.letter();
    return { mode, to, cc, bcc, html, history: this.composer.form.elements.history.checked, close, seen: this.composer.seen };
  }

  /** Why it cannot go yet, or null. */
  wrong(sure, close) {
    if (this.composer.mode === "comment") return this.composer.note.value.trim() ? null : { text: say("empty") };
    const bad = Object.values(this.composer.people).map((row) => row.bad).find(Boolean);
    if (bad) return { text: say("bad_address", { address: bad.address }), tone: "red" };
    if (!this.composer.people.to.people.length) return { text: say("no_recipient") };
    if (this.composer.files.onTheirWay) return { text: say("uploading") };
    if (this.composer.isBlank && this.composer.mode !== "forward" && !this.composer.files.kept.length) return { text: say("empty") };
    if (!sure && !this.composer.files.kept.length && MENTIONS.test(this.written())) {
      const attach = () => this.composer.form.querySelector("#file-entry").click();
      return { text: say("attach_missing"), actions: [[say("attach"), attach], [say("send_anyway"), () => this.send(close, { sure: true })]] };
    }
    return null;
  }

  /** What the agent wrote himself: no quotes, no signature. */
  written() {
    const copy = /** @type {HTMLElement} */ (this.composer.paper.cloneNode(true));
    for (const quote of copy.querySelectorAll("blockquote")) quote.remove();
    const signature = plain(this.composer.begun.signature ?? "").trim();
    return copy.textContent.replace(signature, "");
  }

  refused(error, close) {
    this.composer.changed();
    if (!(error instanceof Refused)) return notify(this.composer.notices, { text: say("not_sent"), tone: "red" });
    if (error.status === 401) return notify(this.composer.notices, { text: say("signed_out"), tone: "red", actions: [[say("sign_in"), () => open("/sign-in")]] });
    if (error.status === 409 && error.problem.newer) return this.conflict(error.problem, close);
    const details = (error.problem.errors ?? []).map((/** @type {{field: string, message: string}} */ each) => each.message);
    notify(this.composer.notices, { text: details[0] ?? error.message ?? say("not_sent"), tone: "red" });
  }

  /** Nothing has been sent: show what came, and let the agent decide. */
  conflict(problem, close) {
    this.composer.told = problem.seen;
    const lines = problem.newer.map((/** @type {any} */ each) => `${each.author}, ${clock(each.at)}: ${each.text}`);
    const anyway = () => ((this.composer.seen = problem.seen), this.send(close, { sure: true }));
    const actions = [[say("edit"), () => ((this.composer.seen = problem.seen), this.composer.write())], [say("send_anyway"), anyway]];
    notify(this.composer.notices, { text: say("moved_on"), lines, actions, focus: true });
  }

  setBusy(busy) {
    this.busy = busy;
    this.composer.form.toggleAttribute("aria-busy", busy);
    for (const button of this.composer.form.querySelectorAll(".foot button")) button.disabled = busy;
  }
}
