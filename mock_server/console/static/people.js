// The lists of active visitors and of their pages.

import { at, button, h, reconcile, say } from "./dom.js";
import { ago, counted, place, WAITING } from "./format.js";
import { nameOf } from "./names.js";
import { avatar, flag } from "./pictures.js";

/** The largest number of rows in a list; the search finds other visitors. */
const MOST_VISITORS = 100;
const MOST_PAGES = 30;

const NO_PAGE = "(page unknown)";

export class People {
	/** @type {Visitor[]} */
	#visitors = [];
	#instant = 0;
	#isKnown = false;
	/** The visitors of the chosen disc of the map, who alone are listed; null if none is chosen. @type {Set<string> | null} */
	#chosen = null;

	/** @param {(visitorId: string) => void} open called for the visitor that was chosen */
	constructor(open) {
		this.list = at("visitors");
		this.pages = at("pages");
		this.search = at("visitor-search");
		this.open = open;
		this.search.addEventListener("input", () => this.#showVisitors());
		at("visitors-chosen").addEventListener("click", () => {
			this.choose(null);
			this.search.focus();
		});
		this.clear();
	}

	/** @param {Visitor[]} visitors @param {number} instant */
	show(visitors, instant) {
		this.#visitors = visitors;
		this.#instant = instant;
		this.#isKnown = true;
		this.#showVisitors();
		this.#showPages();
	}

	/** Lists only some visitors; null lists all again. @param {string[] | null} visitorIds */
	choose(visitorIds) {
		this.#chosen = visitorIds === null ? null : new Set(visitorIds);
		this.search.value = "";
		this.#showVisitors();
		if (visitorIds !== null) at("visitors-chosen").focus();
	}

	/** Removes all rows, since nothing is known yet. */
	clear() {
		this.#visitors = [];
		this.#chosen = null;
		this.#isKnown = false;
		this.#showVisitors();
		this.#showPages();
	}

	#showVisitors() {
		const wanted = this.search.value.trim().toLowerCase();
		const found = this.#visitors
			.filter(({ visitorId }) => this.#chosen?.has(visitorId) ?? true)
			.filter((visitor) => wanted === "" || words(visitor).includes(wanted));
		at("visitors-chosen").hidden = this.#chosen === null;
		say(at("visitors-chosen"), `${counted(found.length)} from the map ✕`);
		found.sort((one, other) => other.seen - one.seen || (one.visitorId < other.visitorId ? -1 : 1));
		const shown = found.slice(0, MOST_VISITORS);
		reconcile(
			this.list,
			shown,
			({ visitorId }) => visitorId,
			({ visitorId }) => this.#row(visitorId),
			(row, visitor) => this.#fill(row, visitor),
		);
		say(at("visitors-empty"), found.length > 0 ? "" : this.#nobody(wanted !== ""));
		say(
			at("visitors-more"),
			found.length > shown.length
				? `Showing the ${counted(shown.length)} most recently active of ${counted(found.length)} visitors; search to find others.`
				: "",
		);
	}

	/** @param {boolean} isSearched */
	#nobody(isSearched) {
		if (!this.#isKnown) return WAITING;
		return isSearched && this.#visitors.length > 0 ? "No visitor matches." : "Nobody is there.";
	}

	/** @param {string} visitorId */
	#row(visitorId) {
		const parts = ["who", "when faint", "more faint"].map((name) => h("span", { class: name, dir: "auto" }));
		parts.unshift(h("span", { class: "face" }, avatar(visitorId)));
		return h("li", {}, button({ class: "row", onclick: () => this.open(visitorId) }, ...parts));
	}

	/** @param {HTMLElement} row @param {Visitor} visitor */
	#fill(row, { visitorId, name, city, countryCode, page, system, isCustomer, seen }) {
		const [mark, who, when, more] = /** @type {any} */ (row.firstElementChild).children;
		mark.classList.toggle("customer", isCustomer);
		mark.title = isCustomer ? "customer" : "visitor";
		say(who, nameOf({ visitorId, name }));
		who.classList.toggle("is-anonymous", name === null);
		say(when, ago(this.#instant - seen));
		const where = place(city, countryCode);
		const parts = [page, where, system].filter(Boolean).map(String);
		if (more.title !== parts.join("\n")) {
			more.title = parts.join("\n");
			// Each text is isolated, so that it does not change the direction of the others.
			more.replaceChildren(
				...parts.flatMap((part, i) => [
					i === 0 ? "" : "  ·  ",
					...(part === where ? [flag(countryCode), " "] : []),
					h("bdi", {}, part),
				]),
			);
		}
	}

	#showPages() {
		if (!this.#isKnown) say(at("pages-empty"), WAITING);
		else say(at("pages-empty"), this.#visitors.length === 0 ? "Nobody is on any page." : "");
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
			button(
				{ class: "row page", title: "Show only who is here", onclick: () => this.#only(page) },
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
	return [
		nameOf({ visitorId, name }),
		page ?? NO_PAGE,
		place(city, countryCode),
		system,
		visitorId,
		isCustomer ? "customer" : "",
	]
		.join("\n")
		.toLowerCase();
}
