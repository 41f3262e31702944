// A panel of breakdowns: tabs, rows with bars, pages of rows; a click on a row filters the whole page.

import { button, h } from "../dom.js";
import { counted, number } from "../format.js";
import { canFilter } from "./filters.js";
import { amount, percent } from "./numbers.js";
import { Panel } from "./panel.js";

/** The number of rows of a page. */
const ROWS = 8;

/** @param {string} label @param {Operation} operation @param {string} column @param {string} [filter] @returns {Tab} */
function simple(label, operation, column, filter = `filter_${column}`) {
	return {
		label,
		operation,
		column,
		name: (row) => row[column],
		filters: (row) => ({ [filter]: row[column] }),
		more: "revenue",
	};
}

/** @param {string} parameter @returns {Tab} */
function campaign(parameter) {
	return {
		label: parameter,
		operation: "getCampaigns",
		column: parameter,
		fields: `${parameter},visitors,revenue`,
		name: ({ campaign }) => campaign[parameter],
		filters: ({ campaign }) => ({ [`filter_${parameter}`]: campaign[parameter] }),
		more: "revenue",
	};
}

/** The tabs of each panel, by the id of its section. @type {Record<string, Tab[]>} */
export const BREAKDOWNS = {
	sources: [
		simple("Referrers", "getReferrers", "referrer"),
		{
			label: "Campaigns",
			operation: "getCampaigns",
			column: "campaign",
			name: ({ campaign }) => Object.values(campaign).filter(Boolean).join(" · "),
			filters: ({ campaign }) =>
				Object.fromEntries(
					Object.entries(campaign)
						.filter(([, value]) => value)
						.map(([name, value]) => [`filter_${name}`, value]),
				),
			more: "revenue",
		},
		campaign("utm_source"),
		campaign("utm_medium"),
		campaign("ref"),
	],
	pages: [
		simple("Pages", "getPages", "path", "filter_page"),
		simple("Hostnames", "getHostnames", "hostname"),
		{
			label: "Exit links",
			operation: "getExitClicks",
			column: "link",
			name: ({ url }) => url,
			filters: () => ({}),
			more: "clicks",
		},
	],
	locations: [
		simple("Countries", "getCountries", "country"),
		simple("Regions", "getRegions", "region"),
		simple("Cities", "getCities", "city"),
	],
	devices: [
		simple("Devices", "getDevices", "device"),
		simple("Browsers", "getBrowsers", "browser"),
		simple("Systems", "getOperatingSystems", "operating_system", "filter_os"),
	],
	goals: [{ ...simple("Goals", "getGoals", "goal"), more: "completions" }],
};

export class Breakdown {
	#tab = 0;
	#offset = 0;
	/** @type {About | null} */
	#about = null;
	/** The latest click on a row: its tab, the query after it, and the visitors that the row had before. */
	#clicked = { tab: 0, query: "", visitors: 0 };

	/**
	 * @param {string} id @param {Requests} requests
	 * @param {(asked: Asked) => void} inspect @param {(filters: Filters) => void} filter
	 */
	constructor(id, requests, inspect, filter) {
		this.panel = new Panel(id, requests, inspect);
		this.filter = filter;
		this.tabs = BREAKDOWNS[id];
		this.panel.body.id = `${id}-rows`;
		if (this.tabs.length > 1) this.panel.tools.before(this.#tabList(id));
	}

	/** @param {About} about */
	show(about) {
		this.#about = about;
		this.#offset = 0;
		return this.#ask();
	}

	/** @param {string} id */
	#tabList(id) {
		this.buttons = this.tabs.map(({ label }, n) =>
			button({ role: "tab", "aria-controls": `${id}-rows`, onclick: () => this.#open(n) }, label),
		);
		this.panel.body.setAttribute("role", "tabpanel");
		const list = h(
			"div",
			{ class: "tabs", role: "tablist", "aria-labelledby": `${id}-title` },
			...this.buttons,
		);
		list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
			const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
			if (by === undefined) return;
			this.#open((this.#tab + by + this.tabs.length) % this.tabs.length);
			this.buttons?.[this.#tab].focus();
		});
		this.#mark();
		return list;
	}

	#mark() {
		for (const [n, button] of (this.buttons ?? []).entries()) {
			button.setAttribute("aria-selected", String(n === this.#tab));
			button.tabIndex = n === this.#tab ? 0 : -1;
		}
	}

	/** @param {number} tab */
	#open(tab) {
		this.#tab = tab;
		this.#offset = 0;
		this.#mark();
		void this.#ask();
	}

	async #ask() {
		const about = this.#about;
		if (about === null) return;
		const tab = this.tabs[this.#tab];
		/** @type {Texts} */
		const fields = tab.fields === undefined ? {} : { fields: tab.fields };
		const query = { ...fields, ...about.query, limit: String(ROWS), offset: String(this.#offset) };
		await this.panel.show([{ operation: tab.operation, query }, about.overview], ([rows, overview]) =>
			this.#draw(tab, rows.body, number(overview.data[0].visitors), about),
		);
	}

	/** @param {Tab} tab @param {any} body @param {number} whole @param {About} about */
	#draw(tab, { data, pagination }, whole, about) {
		if (data.length === 0)
			return [h("p", { class: "empty" }, `No ${tab.label.toLowerCase()} in this period.`)];
		const most = Math.max(1, ...data.map((/** @type {any} */ row) => row.visitors));
		const hasMore = tab.more !== "revenue" || data.some((/** @type {any} */ row) => row.revenue !== 0);
		const text = (/** @type {any} */ row) =>
			tab.more === "revenue" ? amount(row.revenue, about.currency) : counted(row[tab.more]);
		return [
			h(
				"div",
				{ class: `heads${hasMore ? "" : " few"}`, "aria-hidden": "true" },
				h("span", {}, tab.column.replaceAll("_", " ")),
				h("span", {}, "visitors"),
				h("span", {}, tab.operation === "getGoals" ? "rate" : "share"),
				hasMore ? h("span", {}, tab.more) : null,
			),
			h(
				"ol",
				{ class: "bars" },
				...data.map((/** @type {any} */ row) => {
					const share = whole === 0 ? 0 : (100 * row.visitors) / whole;
					const bar = h("span", { class: "bar-of" });
					bar.style.inlineSize = `${(100 * row.visitors) / most}%`;
					return h(
						"li",
						{},
						this.#row(tab, row, about, hasMore ? "" : " few", [
							bar,
							h("span", { class: "what", dir: "auto" }, tab.name(row) || "(none)"),
							h("data", { value: row.visitors }, counted(row.visitors)),
							h("data", { value: share, class: "faint" }, percent(share)),
							hasMore ? h("data", { value: row[tab.more] }, text(row)) : null,
						]),
					);
				}),
			),
			this.#difference(about, whole),
			pages(pagination, ROWS, data.length, (offset) => {
				this.#offset = offset;
				void this.#ask();
			}),
		].filter((part) => part !== null);
	}

	/** Explains why the filter of a row finds more visitors than the row had; null if it does not. @param {About} about @param {number} whole */
	#difference({ query }, whole) {
		const clicked = this.#clicked;
		const { visitors } = clicked;
		if (this.#tab !== clicked.tab || sorted(query) !== clicked.query || visitors === whole) return null;
		const [some, all] = [counted(visitors), counted(whole)];
		const text =
			this.tabs[this.#tab].operation === "getBrowsers"
				? `${some} visitors have this browser, ${all} with its mobile version, which the filter includes.`
				: `${some} visitors came from here at their first visit in this period, ${all} at any visit.`;
		return h("p", { class: "faint" }, text);
	}

	/** Makes a row: a click sets its filters, or removes them if they are active. @param {Tab} tab @param {any} row @param {About} about @param {string} few @param {any[]} content */
	#row(tab, row, { query, filters: active }, few, content) {
		const values = Object.entries(tab.filters(row));
		const title = tab.name(row);
		if (values.length === 0 || !values.every(([, value]) => canFilter(value)))
			return h("div", { class: `bar-row${few}`, title }, ...content);
		const isActive = values.every(([name, value]) => active[name] === `is:${value}`);
		const change = () => {
			const others = Object.entries(active).filter(([name]) => !values.some(([own]) => own === name));
			const own = isActive ? [] : values.map(([name, value]) => [name, `is:${value}`]);
			const next = { ...query, ...Object.fromEntries(own) };
			this.#clicked = { tab: this.#tab, query: isActive ? "" : sorted(next), visitors: row.visitors };
			this.filter(Object.fromEntries([...others, ...own]));
		};
		return button(
			{ class: `bar-row${few}`, title, "aria-pressed": String(isActive), onclick: change },
			...content,
		);
	}
}

/** Returns a query as a text that does not depend on the order of its parameters. @param {Query} query */
function sorted(query) {
	return JSON.stringify(Object.entries(query).sort());
}

/** Makes the buttons to other pages of rows. @param {{offset: number, total?: number, hasMore?: boolean}} pagination @param {number} size @param {number} count @param {(offset: number) => void} go */
export function pages({ offset, total, hasMore }, size, count, go) {
	const isLast = total === undefined ? !hasMore : offset + count >= total;
	const of = total === undefined ? "" : ` of ${counted(total)}`;
	if (offset === 0 && isLast)
		return h("p", { class: "paging faint" }, total === undefined ? "" : `${counted(total)} in all`);
	const turn = (
		/** @type {string} */ sign,
		/** @type {string} */ name,
		/** @type {number} */ to,
		/** @type {boolean} */ isOff,
	) => button({ class: "square", "aria-label": name, disabled: isOff, onclick: () => go(to) }, sign);
	return h(
		"p",
		{ class: "paging faint" },
		`${counted(offset + 1)}–${counted(offset + count)}${of}`,
		turn("‹", "Previous rows", Math.max(0, offset - size), offset === 0),
		turn("›", "Next rows", offset + size, isLast),
	);
}
