// The elements of the map: a dot for one visitor, a disc for several.

import { radiusOf } from "./clusters.js";
import { s } from "./dom.js";
import { counted, place } from "./format.js";
import { nameOf } from "./names.js";

/** The number of steps, within ten minutes, in which the dot of an idle visitor gets paler. */
const STEPS = 4;
const STEP = 600_000 / STEPS;

/** Makes a dot. @param {string} key @param {boolean} isNews */
export function newDot(key, isNews) {
	const dot = s("circle", { role: "button", tabindex: "-1", "data-key": key, "data-id": key });
	dot.classList.add("dot");
	if (isNews) dot.classList.add("arriving");
	return dot;
}

/** Makes a disc. @param {string} key */
export function newDisc(key) {
	const ring = s("circle", { class: "disc-part", pathLength: "100", transform: "rotate(-90)" });
	const text = s("text", { "text-anchor": "middle", dy: ".35em" });
	return s(
		"g",
		{ class: "disc", role: "button", tabindex: "-1", "data-key": key },
		s("circle", { class: "disc-all" }),
		ring,
		text,
	);
}

/** Shows a visitor by a dot, also to screen readers. @param {Visitor} visitor @param {Element} element @param {number} instant @param {boolean} isMade whether something was made here about the visitor */
export function describeDot(visitor, element, instant, isMade) {
	const { city, countryCode, page, isCustomer, seen } = visitor;
	const who = `${nameOf(visitor)}${isCustomer ? ", customer" : ""}`;
	set(
		element,
		"aria-label",
		[who, place(city, countryCode), page, isMade ? "made here" : null].filter(Boolean).join(", "),
	);
	const step = Math.min(Math.max(Math.floor((instant - seen) / STEP), 0), STEPS - 1);
	set(element, "data-idle", String(step));
	element.classList.toggle("made", isMade);
	element.classList.toggle("customer", isCustomer);
}

/** Shows how many visitors a disc stands for, also to screen readers. @param {Cluster} cluster @param {any} element @param {number} customers */
export function describeDisc({ spots }, element, customers) {
	const count = spots.length;
	const { city, countryCode } = spots[0].visitor;
	const bought = customers === 0 ? "" : `, ${counted(customers)} customer${customers === 1 ? "" : "s"}`;
	set(
		element,
		"aria-label",
		`${counted(count)} visitors${bought}, around ${place(city, countryCode)}; zoom in`,
	);
	if (
		element.getAttribute("data-count") === `${count}` &&
		element.getAttribute("data-customers") === `${customers}`
	)
		return;
	set(element, "data-count", String(count));
	set(element, "data-customers", String(customers));
	const [all, part, text] = element.children;
	for (const circle of [all, part]) set(circle, "r", String(radiusOf(count)));
	set(part, "stroke-dasharray", `${(100 * customers) / count} 100`);
	text.textContent = count < 1000 ? String(count) : `${(count / 1000).toFixed(1)}k`;
}

/** Moves a dot or a disc to a place of the drawing. @param {any} element @param {number} x @param {number} y */
export function move(element, x, y) {
	const place = `${x.toFixed(2)}px ${y.toFixed(2)}px`;
	if (element.style.translate !== place) element.style.translate = place;
}

/** Sets an attribute if it differs. @param {Element} element @param {string} name @param {string} value */
function set(element, name, value) {
	if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
