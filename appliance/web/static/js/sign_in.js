/** The sign-in page speaks the language that is chosen on it, at once. */

const select = document.querySelector("select[data-language]");
select?.addEventListener("change", () => {
  const here = new URL(location.href);
  here.searchParams.set("language", /** @type {HTMLSelectElement} */ (select).value);
  location.replace(here);
});
