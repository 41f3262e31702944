// The view of the page, stored in its address after `#`, so that it can be shared and the back button works.

import { isFilter } from "./filters.js";
import { PERIODS } from "./periods.js";

/**
 * @typedef {object} View
 * @property {string} key
 * @property {string | null} website the id of an account token's website; null for its first website
 * @property {string} period
 * @property {string} from a day, of a custom period
 * @property {string} to a day, of a custom period
 * @property {string} interval empty for the usual interval of the period
 * @property {string} funnel the id; empty for the website's first funnel
 * @property {import("./filters.js").Filters} filters
 */

/** @type {View} */
const USUAL = {
  key: "df_test",
  website: null,
  period: "30d",
  from: "",
  to: "",
  interval: "",
  funnel: "",
  filters: {},
};
const TEXTS = /** @type {const} */ (["key", "website", "period", "from", "to", "interval", "funnel"]);

/** Reads the view of the page's address. @returns {View} */
export function readView() {
  const given = new URLSearchParams(location.hash.slice(1));
  const view = { ...USUAL, filters: /** @type {Record<string, string>} */ ({}) };
  for (const name of TEXTS) view[name] = given.get(name) ?? /** @type {any} */ (USUAL[name]);
  if (!(view.period in PERIODS)) view.period = USUAL.period;
  for (const [name, value] of given) if (isFilter(name) && value !== "") view.filters[name] = value;
  return view;
}

/** Adds a view to the history; the page reads it from there. @param {View} view */
export function showView(view) {
  const address = `#${addressOf(view)}`;
  if (address === location.hash) return;
  // The browser's event about the change comes later.
  document.body.classList.add("is-loading");
  location.hash = address;
}

/** Returns the text of a view: the key, and all members that differ from USUAL. @param {View} view */
function addressOf(view) {
  const given = TEXTS.filter((name) => name === "key" || (view[name] ?? "") !== (USUAL[name] ?? ""));
  return new URLSearchParams([
    ...given.map((name) => [name, String(view[name])]),
    ...Object.entries(view.filters),
  ]).toString();
}
