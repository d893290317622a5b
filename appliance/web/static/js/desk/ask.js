/** Questions to the server: JSON or a form goes, JSON or a piece of a page comes back. */

import { csrf } from "../csrf.js";

export class Refused extends Error {
  /** @param {number} status @param {any} problem what the server said, RFC 9457 */
  constructor(status, problem) {
    super(problem.title ?? String(status));
    this.status = status;
    this.problem = problem;
  }
}

export const headers = () => ({ "X-CSRF-Token": csrf(), "HX-Request": "true", "HX-Current-URL": location.href });

/**
 * @param {string} method @param {string} url @param {FormData | object} [body]
 * @param {RequestInit} [options]
 * @returns {Promise<any>} what the server says in JSON, {} when it says nothing; throws Refused, and TypeError without a connection
 */
export async function ask(method, url, body, options = {}) {
  const form = body instanceof FormData;
  const said = form ? headers() : { ...headers(), "Content-Type": "application/json" };
  const content = form ? body : body && JSON.stringify(body);
  const response = await fetch(url, { method, headers: said, body: content, ...options });
  const json = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, json.title ? json : { title: toast(response) });
  return json;
}

/** A piece of a page. @param {string} url @returns {Promise<Document>} */
export async function look(url) {
  const response = await fetch(url, { headers: headers() });
  if (response.status === 401) location.assign(response.headers.get("HX-Redirect") ?? "/sign-in");
  if (!response.ok) throw new Refused(response.status, { title: toast(response) });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** What the server would have a toast say. @param {Response} response */
function toast(response) {
  const trigger = response.headers.get("HX-Trigger");
  return trigger ? JSON.parse(trigger)["posthouse:toast"]?.text : undefined;
}
