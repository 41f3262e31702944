// The pictures of visitors: a drawn face, and the flag of a country.

import { h, s } from "./dom.js";
import { country } from "./format.js";
import { hashed } from "./hash.js";

/** The ears, on a drawing of 32 × 32; the head is drawn over them. */
const EARS = [
	"M4 10a4 4 0 1 0 8 0a4 4 0 1 0-8 0zM20 10a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
	"M6.5 17L8 4.5l8 6zM25.5 17L24 4.5l-8 6z",
	"M8.5 13C5.5 5 7.5 1 10.5 2s3.5 6 3 10zM23.5 13c3-8 1-12-2-11s-3.5 6-3 10z",
	"M9 11C3 10 2.5 20 5.5 23c3-1 4-6 5-9zM23 11c6-1 6.5 9 3.5 12-3-1-4-6-5-9z",
];
const EYES = [
	"M11 17a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0zM18.2 17a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0z",
	"M10.5 16.5a1.9 1.9 0 1 0 3.8 0a1.9 1.9 0 1 0-3.8 0zM17.7 16.5a1.9 1.9 0 1 0 3.8 0a1.9 1.9 0 1 0-3.8 0z",
	"M10.3 17.5q2-2.6 4 0q-2-1-4 0zM17.7 17.5q2-2.6 4 0q-2-1-4 0z",
];
const MOUTHS = ["M13.5 22.3q2.5 2.4 5 0", "M13 22.5q1.5 1.5 3 0q1.5 1.5 3 0", "M14.2 23h3.6"];

/** Draws an animal in two colours, which is always the same for a visitor. @param {string} visitorId */
export function avatar(visitorId) {
	const hash = hashed(visitorId);
	const ground = (hash & 15) * 24;
	const coat = ground + 60 + ((hash >>> 4) & 7) * 34;
	const dark = `hsl(${coat} 45% 18%)`;
	const fur = `hsl(${coat} 48% ${46 + 6 * ((hash >>> 7) & 3)}%)`;
	return s(
		"svg",
		{ class: "avatar", viewBox: "0 0 32 32", "aria-hidden": "true" },
		s("circle", { cx: 16, cy: 16, r: 16, fill: `hsl(${ground} 65% 86%)` }),
		s("path", { d: EARS[(hash >>> 9) & 3], fill: fur }),
		s("ellipse", { cx: 16, cy: 18.5, rx: 10, ry: 9.5, fill: fur }),
		s("ellipse", { cx: 16, cy: 22.4, rx: 5.2, ry: 4, fill: `hsl(${coat} 50% 84%)` }),
		s("path", { d: EYES[(hash >>> 11) % 3], fill: dark }),
		s("path", { d: "M14.6 19.8h2.8l-1.4 1.6z", fill: dark }),
		s("path", { d: MOUTHS[(hash >>> 14) % 3], fill: "none", stroke: dark, "stroke-linecap": "round" }),
	);
}

/** Makes the flag of a country, or its two letters where no flags can be drawn. @param {string | null | undefined} code */
export function flag(code) {
	if (!/^[A-Z]{2}$/.test(code ?? "")) return h("span", { class: "flag" });
	const letters = /** @type {string} */ (code);
	const name = country(letters);
	hasFlags ??= drawsFlags();
	return h(
		"span",
		{ class: "flag", role: "img", "aria-label": name, title: name },
		hasFlags ? emoji(letters) : letters,
	);
}

/** Whether this system draws flags; null until it was tried. @type {boolean | null} */
let hasFlags = null;

/** @param {string} letters */
function emoji(letters) {
	return String.fromCodePoint(...[...letters].map((letter) => 0x1f1a5 + letter.charCodeAt(0)));
}

/** Tries whether a flag has a colour; other systems draw letters or empty boxes. */
function drawsFlags() {
	const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	if (context === null) return false;
	context.font = "20px sans-serif";
	context.fillText(emoji("FR"), 0, 20);
	const { data } = context.getImageData(0, 0, 30, 30);
	return data.some((value, i) => i % 4 === 0 && value !== data[i + 2]);
}
