/** Hears the news that comes while the desk's scripts are still being fetched. */

let heard = false;
const hear = () => (heard = true);
const NEWS = ["posthouse:interaction", "posthouse:snapshot"];

for (const kind of NEWS) document.body.addEventListener(kind, hear);

/** Whether there was any; from now on the desk listens itself. */
export function missed() {
  for (const kind of NEWS) document.body.removeEventListener(kind, hear);
  return heard;
}
