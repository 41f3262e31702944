// The switches "Break": an error, a delay or damage for the requests of an operation, and the list of the rules.

import { at, button, h, reconcile, say } from "./dom.js";
import { choices, Pills } from "./pills.js";
import { described, FAULTS, isEqual, progress, simpleRule, TIMES, withPart } from "./rules.js";

const DELAYS = { "no delay": null, "0.5 s": 500, "2 s": 2000, "10 s": 10_000 };

export class Breaking {
	/** @type {any[]} */
	#operations = [];
	/** @type {Faults} */
	#settings = { faults: [], counts: [] };
	/** The operation and the number of times for which the field "How often" was last set. */
	#timesAbout = "";

	/** @param {(changed: (settings: Faults) => any) => void} change changes the settings once all earlier changes are done */
	constructor(change) {
		this.change = change;
		this.codes = new Pills(at("codes"), [], () => {});
		this.delays = new Pills(at("delays"), choices(DELAYS), (delay) => this.#break("delay", delay));
		this.faults = new Pills(
			at("faults"),
			[
				{ value: null, label: "undamaged" },
				...Object.entries(FAULTS).map(([value, title]) => ({ value, label: value, title })),
			],
			(fault) => this.#break("fault", fault),
		);
		at("times").append(...Object.entries(TIMES).map(([name, value]) => h("option", { value }, name)));
		at("operation").addEventListener("change", () => this.show(this.#settings));
		at("times").addEventListener("change", () => this.#retime());
	}

	/** @param {any[]} operations those that the API has */
	offer(operations) {
		this.#operations = operations;
		const names = [["", "all"], ...operations.map(({ operationId, path }) => [operationId, path])];
		at("operation").append(...names.map(([value, text]) => h("option", { value }, text)));
	}

	/** @param {Faults} settings those of the key or of all keys */
	show(settings) {
		this.#settings = settings;
		const operation = at("operation").value;
		const rule = simpleRule(settings.faults, operation);
		this.#showCodes(operation);
		this.codes.press(rule?.then.code ?? null);
		this.delays.press(rule?.then.delay ?? null);
		this.faults.press(rule?.then.fault ?? null);
		const fault = /** @type {keyof typeof FAULTS | undefined} */ (rule?.then.fault);
		say(at("fault-text"), fault === undefined ? "" : `${FAULTS[fault]}.`);
		// The field is set only for another operation or rule, so that the user's choice for a next rule stays.
		const about = JSON.stringify([operation, rule?.times]);
		if (about !== this.#timesAbout) this.#showTimes(rule?.times);
		this.#timesAbout = about;
		const rows = settings.faults.map((each, number) => ({
			rule: each,
			count: settings.counts[number],
			key: JSON.stringify([number, each]),
		}));
		reconcile(
			at("rules"),
			rows,
			({ key }) => key,
			(row) => this.#ruleRow(row.rule),
			(element, row) =>
				say(
					/** @type {any} */ (element.firstElementChild),
					described(row.rule) + progress(row.rule, row.count),
				),
		);
	}

	/** @param {number | undefined} count undefined for always */
	#showTimes(count) {
		const select = at("times");
		const value = String(count ?? "");
		if (![...select.options].some((option) => option.value === value))
			select.append(h("option", { value }, `${count} times`));
		select.value = value;
	}

	/** @param {any} rule */
	#ruleRow(rule) {
		const remove = () =>
			this.change(({ faults }) => ({ faults: faults.filter((other) => !isEqual(other, rule)) }));
		return h("li", {}, h("span"), " ", button({ onclick: remove }, "Remove"));
	}

	/** Lists the statuses that the document has for an operation, or for all. @param {string} operation empty for all */
	#showCodes(operation) {
		const about = this.#operations.filter(({ operationId }) => operation === "" || operationId === operation);
		const statuses = [...new Set(about.flatMap((one) => one.statuses))]
			.filter((status) => status >= 400)
			.sort();
		const shown = this.codes.buttons.map(({ value }) => value);
		if (shown.length === statuses.length + 1 && statuses.every((status) => shown.includes(status))) return;
		this.codes = new Pills(
			at("codes"),
			[{ value: null, label: "none" }, ...statuses.map((value) => ({ value, label: String(value) }))],
			(code) => this.#break("code", code),
		);
	}

	/** @param {"code" | "delay" | "fault"} part @param {any} value */
	#break(part, value) {
		const times = at("times").value === "" ? null : Number(at("times").value);
		const operation = at("operation").value;
		this.change(({ faults }) => ({ faults: withPart(faults, operation, part, value, times) }));
	}

	#retime() {
		const rule = simpleRule(this.#settings.faults, at("operation").value);
		if (rule === undefined) return;
		const [part] = /** @type {["code" | "delay" | "fault"]} */ (
			Object.keys(rule.then).filter((name) => name !== "pointer")
		);
		this.#break(part, rule.then[part]);
	}
}
