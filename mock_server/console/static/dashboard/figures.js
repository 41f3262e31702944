// The figures of the period, each with its change against the period before.

import { h } from "../dom.js";
import { counted } from "../format.js";
import { amount, duration, percent } from "./numbers.js";

/** @type {Figure[]} */
const FIGURES = [
	{ name: "visitors", label: "Visitors", unit: "count" },
	{ name: "sessions", label: "Sessions", unit: "count" },
	{ name: "bounce_rate", label: "Bounce rate", unit: "percent", isBetterLower: true },
	{ name: "avg_session_duration", label: "Session time", unit: "ms" },
	{ name: "revenue", label: "Revenue", unit: "money" },
	{ name: "conversion_rate", label: "Conversion", unit: "percent" },
	{ name: "revenue_per_visitor", label: "Per visitor", unit: "money" },
];
const SALES = new Set(["revenue", "conversion_rate", "revenue_per_visitor"]);

/**
 * Draws the figures. Figures about sales are left out without sales, and changes if the period before had no visitors.
 * @param {any} now a row of `GET /analytics/overview` @param {any | null} before the row of the period before
 * @param {string} currency @param {string} words the period before, in words
 */
export function figures(now, before, currency, words) {
	const hasSales = Boolean(now.payments || before?.payments || now.revenue);
	return [
		h(
			"dl",
			{ class: "figures" },
			...FIGURES.filter(({ name }) => hasSales || !SALES.has(name)).map((figure) => {
				const value = now[figure.name];
				const said = text(figure, value, currency);
				const exact = text(figure, value, currency, true);
				return h(
					"div",
					{},
					h("dt", {}, figure.label),
					h("dd", {}, h("data", { value, title: exact, class: said.length > 10 && "long" }, said)),
					before?.visitors ? change(figure, value, before[figure.name], currency, words) : null,
				);
			}),
		),
	];
}

/** Draws a change in percent; the change of a rate is in percentage points. @param {Figure} figure @param {number} now @param {number} before @param {string} currency @param {string} words */
function change(figure, now, before, currency, words) {
	const isRate = figure.unit === "percent";
	const by = isRate ? now - before : before === 0 ? null : (100 * (now - before)) / before;
	const said = text(figure, before, currency, true);
	if (by === null)
		return h("dd", { class: "change faint", title: `${said} in ${words}` }, now === 0 ? "±0.0 %" : "new");
	const rounded = Math.round(10 * by) / 10;
	const size = `${Math.abs(rounded).toFixed(1)}${isRate ? " pts" : " %"}`;
	const direction = rounded === 0 ? "unchanged" : rounded > 0 ? "up" : "down";
	const isGood = rounded > 0 !== Boolean(figure.isBetterLower);
	const mood = rounded === 0 ? "same" : isGood ? "good" : "bad";
	const sign = { unchanged: "±", up: "▲ ", down: "▼ " }[direction];
	return h(
		"dd",
		{ class: `change ${mood}`, title: `${said} in ${words}` },
		h("span", { "aria-hidden": "true" }, `${sign}${size}`),
		h(
			"span",
			{ class: "hidden" },
			`${direction}${rounded === 0 ? "" : ` by ${size}, which is ${mood === "good" ? "better" : "worse"}`}; ${said} in ${words}`,
		),
	);
}

/** @param {Figure} figure @param {number} value @param {string} currency @param {boolean} [isExact] */
function text({ unit }, value, currency, isExact = false) {
	if (unit === "percent") return percent(value);
	if (unit === "ms") return duration(value);
	if (unit === "money") return amount(value, currency, isExact);
	return counted(value);
}
