/** This browser's own copy of what is being written: for when the server cannot be reached, or the session is over. */

const AGE_MS = 14 * 24 * 3600 * 1000;

/** @param {string} user @param {number} number */
export function localCopy(user, number) {
  const key = `posthouse-draft-${user}-${number}`;
  return {
    /** @param {object} content */
    keep(content) {
      try {
        localStorage.setItem(key, JSON.stringify({ ...content, at: Date.now() }));
      } catch {
        // A full or forbidden storage: the server's copy is the one that counts.
      }
    },
    read() {
      const copy = JSON.parse(localStorage.getItem(key) ?? "null");
      return copy && Date.now() - copy.at < AGE_MS ? copy : null;
    },
    forget() {
      localStorage.removeItem(key);
    },
  };
}
