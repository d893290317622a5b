/**
 * The news of the house, on one stream a browser: whichever tab holds the lock "live" listens and repeats what it
 * hears to the others (a browser allows six connections a host). Pages hear DOM events on document.body:
 *   posthouse:interaction  {id, campaign, what, mine}   an interaction is new or different
 *   posthouse:snapshot                                  something was missed: look again at everything
 *   posthouse:connection   {connected, since}           whether news can come in at all
 *   posthouse:signed-out   (cancelable)                 the page goes to the sign-in page unless prevented
 */

const RETRY_MS = 3000;
const SHOW_AFTER_MS = 2500; // a restart of the server is shorter than a person can worry

/** @param {string} url @param {string} position where the news stood when this page was made */
export function follow(url, position) {
  const channel = new BroadcastChannel("posthouse-live");
  let leading = false;
  let state = { kind: "state", connected: true, since: 0, position: "" };

  /** @param {any} said */
  const tell = (said) => {
    if (said.kind === "state") state = said;
    else if (said.position) state.position = said.position;
    channel.postMessage(said);
    hear(said);
  };
  channel.onmessage = ({ data }) => {
    if (data.kind === "who") {
      if (leading) channel.postMessage({ ...state, kind: "here" });
    } else if (data.kind === "here") {
      hear({ ...data, kind: "state" });
      if (position && data.position && data.position !== position) hear({ kind: "snapshot" });
      position = "";
    } else hear(data);
  };
  const lead = () => {
    leading = true;
    return listen(url, state.position || position, tell);
  };
  if (navigator.locks) navigator.locks.request("live", lead);
  else lead();
  if (!leading) channel.postMessage({ kind: "who" });
  addEventListener("pageshow", (event) => event.persisted && hear({ kind: "snapshot" }));
}

/**
 * Listen for as long as the page lives; the promise never settles, so that the lock is kept.
 * @param {string} url @param {string} position @param {(said: any) => void} tell
 */
function listen(url, position, tell) {
  let lost = 0;
  const open = () => {
    const stream = new EventSource(`${url}?from=${encodeURIComponent(position)}`);
    stream.onopen = () => {
      lost = 0;
      tell({ kind: "state", connected: true, since: 0, position });
    };
    for (const kind of ["interaction", "snapshot", "position"]) {
      stream.addEventListener(kind, ({ data, lastEventId }) => {
        position = lastEventId || position;
        tell({ kind, detail: JSON.parse(data), position });
      });
    }
    stream.onerror = async () => {
      lost ||= Date.now();
      tell({ kind: "state", connected: false, since: lost, position });
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      if (await isSignedOut()) tell({ kind: "signed-out" });
      else setTimeout(open, RETRY_MS);
    };
  };
  open();
  return new Promise(() => {});
}

/** A stream refused for good says nothing of why; a page does: who is not signed in is sent elsewhere. */
async function isSignedOut() {
  const answer = await fetch("/account", { method: "HEAD", redirect: "manual" }).catch(() => null);
  return answer?.type === "opaqueredirect";
}

/** @param {any} said */
function hear(said) {
  if (said.kind === "interaction") dispatch("posthouse:interaction", said.detail);
  if (said.kind === "snapshot") dispatch("posthouse:snapshot", {});
  if (said.kind === "state") {
    showStale(said);
    dispatch("posthouse:connection", { connected: said.connected, since: said.since });
  }
  if (said.kind === "signed-out" && dispatch("posthouse:signed-out", {})) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
}

/** @param {string} name @param {object} detail */
function dispatch(name, detail) {
  return document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
}

let showing = 0;

/** @param {{connected: boolean, since: number}} state */
function showStale({ connected, since }) {
  const banner = document.getElementById("stale");
  clearTimeout(showing);
  if (!banner) return;
  if (connected) banner.hidden = true;
  else showing = setTimeout(() => show(banner, since), Math.max(0, since + SHOW_AFTER_MS - Date.now()));
}

/** @param {HTMLElement} banner @param {number} since */
function show(banner, since) {
  const time = /** @type {HTMLElement} */ (banner.querySelector("time"));
  time.textContent = new Date(since).toLocaleTimeString(document.documentElement.lang);
  banner.hidden = false;
}
