/** The files that go with an answer: chosen, dropped or pasted, kept by the server as soon as they are there. */

import { ask, headers } from "./ask.js";
import { say, size } from "./words.js";

/** @typedef {{id: number, name: string, size: number}} Kept */

export class Files {
  /**
   * @param {HTMLElement} list @param {string} url of the draft
   * @param {{most: number, complain: (text: string) => void, kept: (version: number) => void, gone: () => void}} desk
   */
  constructor(list, url, desk) {
    this.list = list;
    this.url = url;
    this.desk = desk;
    /** @type {Kept[]} */
    this.kept = [];
    this.onTheirWay = 0;
    list.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button[data-file]");
      if (button) this.remove(Number(button.getAttribute("data-file")));
    });
  }

  get bytes() {
    return this.kept.reduce((sum, file) => sum + file.size, 0);
  }

  /** @param {Kept[]} files that the server has already */
  show(files) {
    this.kept.push(...files);
    this.list.append(...files.map(row));
  }

  /** @param {Iterable<File>} files */
  async add(files) {
    let room = this.desk.most - this.bytes;
    for (const file of files) {
      room -= file.size;
      if (room < 0) this.desk.complain(say("too_large", { name: file.name, most: size(this.desk.most) }));
      else await this.upload(file);
    }
  }

  /** @param {File} file */
  async upload(file) {
    const item = row({ id: 0, name: file.name, size: file.size });
    const progress = document.createElement("progress");
    progress.setAttribute("aria-label", file.name);
    item.querySelector("button").replaceWith(progress);
    this.list.append(item);
    this.onTheirWay++;
    try {
      const answer = await send(`${this.url}/files`, file, (done) => (progress.value = done));
      this.desk.kept(answer.version);
      this.show(answer.files);
    } catch (error) {
      this.desk.complain(error.message || say("upload_failed", { name: file.name }));
    } finally {
      this.onTheirWay--;
      item.remove();
    }
  }

  /** Attach what came with a mail. @param {number} message @returns {Promise<number[]>} the files' ids */
  async takeAlong(message) {
    const answer = await ask("POST", `${this.url}/files/of/${message}`);
    this.desk.kept(answer.version);
    this.show(answer.files);
    return answer.files.map((/** @type {Kept} */ file) => file.id);
  }

  /** @param {number} id */
  async remove(id) {
    await ask("DELETE", `${this.url}/files/${id}`);
    this.kept = this.kept.filter((file) => file.id !== id);
    this.list.querySelector(`[data-file="${id}"]`)?.closest("li").remove();
    this.desk.gone();
  }
}

/** @param {Kept} file */
function row(file) {
  const item = document.createElement("li");
  item.className = "file";
  const name = document.createElement("span");
  name.textContent = file.name;
  const bytes = document.createElement("small");
  bytes.textContent = size(file.size);
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.file = String(file.id);
  button.setAttribute("aria-label", say("remove", { name: file.name }));
  button.textContent = "×";
  item.append(name, bytes, button);
  return item;
}

/** fetch() does not tell how far it is. @param {string} url @param {File} file @param {(done: number) => void} tell */
function send(url, file, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => tell(event.loaded / event.total);
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Error(request.response?.errors?.[0]?.message ?? request.response?.title ?? ""));
    };
    request.onerror = () => reject(new Error(""));
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}
