// The form in a row of the journal that makes a fault rule, by which equal requests get another answer.

import { button, h, say } from "./dom.js";
import { described, FAULTS, pointerFor, TIMES } from "./rules.js";

/**
 * Makes the form for a request; null if the request belongs to no operation.
 * @param {any} request @param {string | null} key the token of its key; null if that is not known @param {Rules} rules
 */
export function differently({ operation, query, status }, key, rules) {
	if (operation === null) return null;
	const statuses = rules.statuses(operation);
	const code = choice("Status", { "as usual": "", ...same(statuses) });
	code.value = String([500, 404, status].find((known) => statuses.includes(known)) ?? "");
	const delay = h("input", { type: "number", min: "0", max: "60000", value: "0" });
	const fault = choice("Body", { undamaged: "", ...same(Object.keys(FAULTS)) });
	const times = choice("How often", TIMES);
	const whose = choice("For", { ...(key === null ? {} : { [key]: key }), "every key": "" });
	const exactly = h("input", { type: "checkbox" });
	const told = h("p", { role: "status" });
	const form = h(
		"form",
		{ class: "differently" },
		label("Status", code),
		label("Delay in ms", delay),
		label("Body", fault),
		label("How often", times),
		label("For", whose),
		Object.keys(query).length === 0 ? null : label("only with these parameters", exactly),
		h("button", { type: "submit" }, "Make the rule"),
		told,
	);
	form.addEventListener("submit", async (/** @type {Event} */ event) => {
		event.preventDefault();
		const scope = whose.value || null;
		const pointer = pointerFor(operation, fault.value);
		const then = {
			...(code.value === "" ? {} : { code: Number(code.value) }),
			...(Number(delay.value) > 0 ? { delay: Number(delay.value) } : {}),
			...(fault.value === "" ? {} : { fault: fault.value }),
			...(pointer === null ? {} : { pointer }),
		};
		/** @type {any} */
		const rule = { then, when: { operation } };
		if (exactly.checked) rule.when.query = firstOf(query);
		if (times.value !== "") rule.times = Number(times.value);
		if (Object.keys(then).length === 0) {
			say(told, "Choose a status, a delay or a body first.");
			return;
		}
		await rules.add(rule, scope);
		const undo = async () => {
			await rules.drop(rule, scope);
			say(told, "The rule is removed.");
		};
		told.replaceChildren(
			`From now on, with ${scope ?? "any key"}: ${described(rule)}. `,
			button({ onclick: undo }, "Undo"),
		);
	});
	return form;
}

/** @param {string} name @param {Texts} values by label */
function choice(name, values) {
	const options = Object.entries(values).map(([text, value]) => h("option", { value }, text));
	return h("select", { "aria-label": name }, ...options);
}

/** @param {string} text @param {HTMLElement} field */
function label(text, field) {
	return h("label", {}, h("span", { class: "faint" }, text), field);
}

/** @param {(string | number)[]} values */
function same(values) {
	return Object.fromEntries(values.map((value) => [` ${value}`, String(value)]));
}

/** Returns the first value of each parameter. @param {Record<string, string[]>} query */
function firstOf(query) {
	return Object.fromEntries(Object.entries(query).map(([name, [value]]) => [name, value]));
}
