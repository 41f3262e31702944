// The verdicts of a run: their outcomes, and the elements that show them.

import { copy } from "./clipboard.js";
import { button, h } from "./dom.js";

/** The outcomes, the gravest first, each with a sign, so that colour is not the only difference. */
export const OUTCOMES = [
	{ outcome: "broken", sign: "✗", label: "broken", isFailing: true },
	{ outcome: "warning", sign: "!", label: "with a warning", isFailing: true },
	{ outcome: "kit failed", sign: "#", label: "not judged", isFailing: true },
	{ outcome: "holds", sign: "✓", label: "holding", isFailing: false },
	{ outcome: "not observed", sign: "?", label: "not observed", isFailing: false },
	{ outcome: "other revision", sign: "–", label: "of the other revision", isFailing: false },
];
const IDS = new Intl.Collator("en", { numeric: true });
const KNOWN = new Map(OUTCOMES.map((each, place) => [each.outcome, { ...each, place }]));

/** Returns whether a verdict says that something is not as documented. @param {Verdict} verdict */
export function isFailing({ outcome }) {
	return KNOWN.get(outcome)?.isFailing ?? true;
}

/** Sorts verdicts by gravity, and verdicts of the same gravity by id. @param {Verdict[]} verdicts */
export function byGravity(verdicts) {
	return verdicts.toSorted((one, other) => placeOf(one) - placeOf(other) || IDS.compare(one.id, other.id));
}

/** @param {Verdict} verdict */
function placeOf({ outcome }) {
	return KNOWN.get(outcome)?.place ?? 0;
}

/** Returns the name of an outcome's class. @param {string} outcome */
export function classOf(outcome) {
	return outcome.replaceAll(" ", "-");
}

/** Makes the card of a clause that does not hold. @param {Verdict} verdict */
export function card(verdict) {
	const { id, outcome, sentence, ground, bug, violations } = verdict;
	const curl = violations[0]?.curl;
	// Several answers may have the same fault.
	const found = new Map(violations.map((one) => [one.problem + one.place, one]));
	return h(
		"article",
		{ class: `panel ${classOf(outcome)}` },
		h("h3", {}, mark(outcome), h("span", { class: "id mono" }, id), h("span", {}, ...prose(sentence))),
		h(
			"ul",
			{ class: "found" },
			...[...found.values()].map(({ problem, place }) =>
				h("li", {}, h("span", { dir: "auto" }, ...prose(problem)), h("code", { dir: "auto" }, place)),
			),
			bug === null ? null : h("li", {}, `A bug in the kit, which says nothing about the server: ${bug}`),
		),
		h("p", { class: "faint" }, ground),
		curl === undefined
			? null
			: h(
					"div",
					{ class: "snippet" },
					h("pre", { class: "mono", tabindex: "0" }, curl),
					button({ onclick: () => copy(curl) }, "Copy as curl"),
				),
	);
}

/** Makes the row of any clause. @param {Verdict} verdict */
export function row(verdict) {
	const { id, outcome, cases, sentence, needs } = verdict;
	const how =
		{ holds: cases === 1 ? "1 case" : `${cases} cases`, "not observed": `needs ${needs}` }[outcome] ??
		outcome;
	return h(
		"li",
		{ class: classOf(outcome) },
		mark(outcome),
		h("span", { class: "id mono" }, id),
		h("span", {}, ...prose(sentence)),
		h("span", { class: "how faint" }, ...prose(how)),
	);
}

/** @param {string} outcome */
function mark(outcome) {
	return h(
		"span",
		{ class: "outcome" },
		KNOWN.get(outcome)?.sign ?? "",
		h("span", { class: "hidden" }, outcome),
	);
}

/** Returns the parts of a sentence; text between backquotes becomes code. @param {string} text */
function prose(text) {
	return text.split("`").map((part, n) => (n % 2 === 1 ? h("code", {}, part) : part));
}
