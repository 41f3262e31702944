// The lists of who is there and on which pages.

import { at, h, reconcile, say } from "./dom.js";
import { ago, anonymous, counted, place } from "./format.js";

/** More rows than this nobody reads; the search finds the others. */
const MOST_VISITORS = 100;
const MOST_PAGES = 30;

const NO_PAGE = "(no page is told)";

/** @typedef {import("./poller.js").Visitor} Visitor */

export class People {
  /** @type {Visitor[]} */
  #visitors = [];
  #instant = 0;

  /** @param {(visitorId: string) => void} open called for the visitor that was chosen */
  constructor(open) {
    this.list = at("visitors");
    this.pages = at("pages");
    this.search = at("visitor-search");
    this.open = open;
    this.search.addEventListener("input", () => this.#showVisitors());
  }

  /** @param {Visitor[]} visitors @param {number} instant */
  show(visitors, instant) {
    this.#visitors = visitors;
    this.#instant = instant;
    this.#showVisitors();
    this.#showPages();
  }

  /** Shows nothing, since nothing is known yet. */
  clear() {
    this.#visitors = [];
    this.list.replaceChildren();
    this.pages.replaceChildren();
    say(at("visitors-more"), "");
  }

  #showVisitors() {
    const wanted = this.search.value.trim().toLowerCase();
    const found = this.#visitors.filter((visitor) => wanted === "" || words(visitor).includes(wanted));
    found.sort((one, other) => other.seen - one.seen || (one.visitorId < other.visitorId ? -1 : 1));
    const shown = found.slice(0, MOST_VISITORS);
    reconcile(
      this.list,
      shown,
      ({ visitorId }) => visitorId,
      ({ visitorId }) => this.#row(visitorId),
      (row, visitor) => this.#fill(row, visitor),
    );
    say(at("visitors-more"), remark(found.length, shown.length, wanted));
  }

  /** @param {string} visitorId */
  #row(visitorId) {
    const parts = ["key-dot", "who", "when faint", "more faint"].map((name) =>
      h("span", { class: name, dir: "auto" }),
    );
    return h(
      "li",
      {},
      h("button", { type: "button", class: "row", onclick: () => this.open(visitorId) }, ...parts),
    );
  }

  /** @param {HTMLElement} row @param {Visitor} visitor */
  #fill(row, { visitorId, name, city, countryCode, page, system, isCustomer, seen }) {
    const [mark, who, when, more] = /** @type {any} */ (row.firstElementChild).children;
    mark.className = isCustomer ? "key-dot customer" : "key-dot";
    mark.title = isCustomer ? "customer" : "visitor";
    say(who, name ?? anonymous(visitorId));
    who.classList.toggle("is-anonymous", name === null);
    say(when, ago(this.#instant - seen));
    const parts = [page, place(city, countryCode), system].filter(Boolean).map(String);
    if (more.title !== parts.join("\n")) {
      more.title = parts.join("\n");
      // Each by itself, so that none turns the direction of the others.
      more.replaceChildren(...parts.flatMap((part, i) => [i === 0 ? "" : "  ·  ", h("bdi", {}, part)]));
    }
  }

  #showPages() {
    const counts = new Map();
    let most = 1;
    for (const { page } of this.#visitors) {
      const count = (counts.get(page ?? NO_PAGE) ?? 0) + 1;
      counts.set(page ?? NO_PAGE, count);
      most = Math.max(most, count);
    }
    const pages = [...counts].sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1));
    reconcile(
      this.pages,
      pages.slice(0, MOST_PAGES),
      ([page]) => page,
      ([page]) => this.#pageRow(page),
      (row, [, count]) => {
        const [bar, , number] = /** @type {any} */ (row.firstElementChild).children;
        bar.style.inlineSize = `${(100 * count) / most}%`;
        say(number, counted(count));
      },
    );
  }

  /** @param {string} page */
  #pageRow(page) {
    const parts = [
      h("span", { class: "bar-of", "aria-hidden": "true" }),
      h("span", { class: "what", dir: "auto" }, page),
      h("span", { class: "number" }),
    ];
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "row page",
          title: "Show only who is here",
          onclick: () => this.#only(page),
        },
        ...parts,
      ),
    );
  }

  /** @param {string} page */
  #only(page) {
    this.search.value = this.search.value === page ? "" : page;
    this.#showVisitors();
  }
}

/** @param {Visitor} visitor */
function words({ visitorId, name, page, city, countryCode, system, isCustomer }) {
  return [name, page ?? NO_PAGE, place(city, countryCode), system, visitorId, isCustomer ? "customer" : ""]
    .join("\n")
    .toLowerCase();
}

/** @param {number} found @param {number} shown @param {string} wanted */
function remark(found, shown, wanted) {
  if (found > shown) return `The ${counted(shown)} last active of ${counted(found)}; search to find others.`;
  if (found > 0) return "";
  return wanted === "" ? "Nobody is there." : "Nobody like that is there.";
}
