// The legend of the chart, with the sums of the period; new revenue and renewals have a sum each.

import { h } from "../dom.js";
import { counted } from "../format.js";
import { amount, percent } from "./numbers.js";

/**
 * Draws the legend.
 * @param {any} totals @param {any | null} before the totals of the period before
 * @param {string} currency @param {boolean} hasSales @param {string} words the period before, in words
 */
export function legend(totals, before, currency, hasSales, words) {
	const { new: fresh, renewal, refund } = totals.revenueBreakdown;
	const share = (/** @type {number} */ part) =>
		fresh + renewal === 0 ? "" : ` (${percent((100 * part) / (fresh + renewal))})`;
	const money = (/** @type {number} */ value) =>
		h("data", { value, title: amount(value, currency, true) }, amount(value, currency));
	const entry = (/** @type {string} */ kind, /** @type {string} */ name, /** @type {any[]} */ ...value) =>
		h("li", { class: kind }, h("i", {}), h("span", { class: "faint" }, name), " ", ...value);
	return h(
		"ul",
		{ class: "legend" },
		entry("of-line", "Visitors", h("data", { value: totals.visitors }, counted(totals.visitors))),
		before === null
			? null
			: entry(
					"of-before",
					words[0].toUpperCase() + words.slice(1),
					h("data", { value: before.visitors }, counted(before.visitors)),
				),
		...(hasSales
			? [
					entry("of-new", "New revenue", money(fresh), share(fresh)),
					entry("of-renewal", "Renewals", money(renewal), share(renewal)),
					refund ? entry("of-refund", "Refunds", money(-refund)) : null,
				]
			: []),
	);
}
