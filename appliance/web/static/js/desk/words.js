/** What the scripts of the desk say to people: the page brings the words in the person's language. */

const words = JSON.parse(document.getElementById("desk-words").textContent);
const { zone } = document.getElementById("desk").dataset;
const language = document.documentElement.lang;

/** @param {string} key @param {Record<string, string | number>} [values] @returns {string} */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** 09:24:10, in the person's own time zone. @param {string | Date} at */
export function clock(at) {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
  return new Date(at).toLocaleTimeString(language, options);
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let unit = 0;
  for (; bytes >= 999.5 && unit < 3; unit++) bytes /= 1000;
  const options = { style: "unit", unit: units[unit], unitDisplay: unit ? "short" : "narrow", maximumFractionDigits: bytes < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, options).format(bytes);
}

/** @param {string} text to be said to those who listen instead of looking */
export function announce(text) {
  const region = document.getElementById("desk-live");
  region.textContent = "";
  region.textContent = text;
}

/** The words of a piece of HTML. @param {string} html */
export function plain(html) {
  return new DOMParser().parseFromString(html.replace(/<br\s*\/?>/gi, "\n"), "text/html").body.textContent ?? "";
}
