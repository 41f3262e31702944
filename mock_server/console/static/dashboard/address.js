// The view of the page, stored in its address after `#`, so that it can be shared and the back button works.

import { isFilter } from "./filters.js";
import { isDay, PERIODS } from "./periods.js";

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
	const given = parameters();
	const view = { ...USUAL, filters: /** @type {Texts} */ ({}) };
	for (const name of TEXTS) view[name] = given.get(name) ?? /** @type {any} */ (USUAL[name]);
	if (!Object.hasOwn(PERIODS, view.period)) view.period = USUAL.period;
	for (const [name, value] of given) if (isFilter(name) && value !== "") view.filters[name] = value;
	return view;
}

/** Returns what the view has not taken from the address, each with the reason. @param {View} view @param {readonly string[]} intervals those that suit the period */
export function ignoredOf(view, intervals) {
	return [...parameters()].flatMap(([name, value]) => {
		const why = reason(name, value, view, intervals);
		return why === "" ? [] : [`${name}=${value} (${why})`];
	});
}

/** Returns why a parameter is ignored; empty if it is not. @param {string} name @param {string} value @param {View} view @param {readonly string[]} intervals */
function reason(name, value, view, intervals) {
	if (isFilter(name)) return value === "" ? "it has no value" : "";
	if (name.startsWith("filter_")) return "the API has no such filter";
	if (!(/** @type {readonly string[]} */ (TEXTS).includes(name))) return "the page has no such parameter";
	if (name === "period" && value !== view.period) return `the periods are ${Object.keys(PERIODS).join(", ")}`;
	if (name === "period" && value === "custom" && (view.from === "" || view.to === ""))
		return "it needs from and to";
	if (name === "interval" && value !== "" && !intervals.includes(value))
		return `the intervals of this period are ${intervals.join(", ")}`;
	if (name === "website" && !view.key.startsWith("dft_")) return "a website’s key has only one website";
	if (name !== "from" && name !== "to") return "";
	if (view.period !== "custom") return "it needs period=custom";
	if (!isDay(value)) return "a day is written as 2026-02-06";
	return view.from > view.to ? "the period ends before it begins" : "";
}

function parameters() {
	return new URLSearchParams(location.hash.slice(1));
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
