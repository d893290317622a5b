/** Every change that a script asks for carries the page's token. */

/** @returns {string} */
export const csrf = () => document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";

/**
 * POST to a path of ours.
 * @param {string} path
 * @param {Record<string, string> | FormData} [fields]
 * @returns {Promise<Response>}
 */
export function post(path, fields = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  return fetch(path, { method: "POST", body, headers: { "X-CSRF-Token": csrf(), "HX-Request": "true" } });
}
