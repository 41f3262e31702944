// The filters of the reports: their names, the chips of the active ones, and their meaning for the list of visitors.

import { at, button, h } from "../dom.js";

const LABELS = /** @type {Texts} */ ({
	filter_country: "Country",
	filter_region: "Region",
	filter_city: "City",
	filter_device: "Device",
	filter_browser: "Browser",
	filter_os: "System",
	filter_referrer: "Referrer",
	filter_page: "Page",
	filter_entry_page: "Entry page",
	filter_hostname: "Hostname",
	filter_goal: "Goal",
	filter_utm_source: "utm_source",
	filter_utm_medium: "utm_medium",
	filter_utm_campaign: "utm_campaign",
	filter_utm_term: "utm_term",
	filter_utm_content: "utm_content",
	filter_ref: "ref",
	filter_source: "source",
	filter_via: "via",
	filter_visit_count: "Visits",
});
const WORDS = /** @type {Texts} */ ({
	is: "is",
	is_not: "is not",
	contains: "contains",
	does_not_contain: "does not contain",
	gte: "at least",
	lte: "at most",
});
/** The operator that replaces another one at a click. */
const OPPOSITES = /** @type {Texts} */ ({
	is: "is_not",
	is_not: "is",
	contains: "does_not_contain",
	does_not_contain: "contains",
	gte: "lte",
	lte: "gte",
});
/** The names of filters in `GET /visitors` that differ by more than the prefix; null if it has no such filter. */
const OF_VISITORS = /** @type {Record<string, string | null>} */ ({
	filter_page: "visitedPage",
	filter_goal: "completedGoal",
	filter_entry_page: null,
	filter_visit_count: null,
});

/** @param {string} name */
export function isFilter(name) {
	return Object.hasOwn(LABELS, name);
}

/** Returns whether a row's value can be a filter. A value with a comma cannot, because the API would split it. @param {string} value */
export function canFilter(value) {
	return value !== "" && !value.includes(",");
}

/** @param {string} text @returns {{operator: string, value: string}} */
function parsed(text) {
	const [, operator = "is", value = text] = /^([a-z_]+):(.*)$/s.exec(text) ?? [];
	return Object.hasOwn(WORDS, operator) ? { operator, value } : { operator: "is", value: text };
}

/** Returns the filters of `GET /visitors` for the same visitors, or null if it has no such filter. @param {Filters} filters */
export function visitorFilters(filters) {
	/** @type {Texts} */
	const query = {};
	for (const [name, text] of Object.entries(filters)) {
		const { operator, value } = parsed(text);
		const called = name in OF_VISITORS ? OF_VISITORS[name] : name.replace("filter_", "");
		if (operator !== "is" || called === null) return null;
		query[called] = value;
	}
	return query;
}

/** Shows the active filters. A click on an operator changes it, and a click on a cross removes the filter. @param {Filters} filters @param {(filters: Filters) => void} use */
export function showFilters(filters, use) {
	const chips = Object.entries(filters).map(([name, text]) => {
		const { operator, value } = parsed(text);
		const what = `${LABELS[name]} ${WORDS[operator]} ${value}`;
		const turned = { ...filters, [name]: `${OPPOSITES[operator]}:${value}` };
		const { [name]: _, ...others } = filters;
		return h(
			"li",
			{ class: "chip" },
			h("span", { class: "faint" }, LABELS[name]),
			button(
				{ onclick: () => use(turned), title: `Change to “${WORDS[OPPOSITES[operator]]}”` },
				WORDS[operator],
			),
			h("b", { dir: "auto" }, value),
			button({ "aria-label": `Remove: ${what}`, onclick: () => use(others) }, "✕"),
		);
	});
	if (chips.length > 1) chips.push(h("li", {}, button({ onclick: () => use({}) }, "Clear all")));
	at("filters").replaceChildren(...chips);
}
