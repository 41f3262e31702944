// A funnel: how many visitors reached each step, and how many were lost before it.

import { h } from "../dom.js";
import { counted } from "../format.js";
import { amount, percent } from "./numbers.js";
import { Panel } from "./panel.js";

export class Funnel {
	/** @param {Requests} requests @param {(asked: Asked) => void} inspect @param {(funnelId: string) => void} choose */
	constructor(requests, inspect, choose) {
		this.panel = new Panel("funnel", requests, inspect);
		this.list = h("select", { "aria-label": "Funnel", onchange: () => choose(this.list.value) });
		this.panel.tools.append(this.list);
	}

	/**
	 * Shows a funnel.
	 * @param {ListedFunnel[]} funnels the funnels of the website @param {string} chosen the id of the chosen one; empty for the first
	 * @param {Query} query @param {string} currency
	 */
	show(funnels, chosen, query, currency) {
		const funnelId = chosen || (funnels[0]?.id ?? "");
		const isListed = funnels.some(({ id }) => id === funnelId);
		const options = isListed || funnelId === "" ? funnels : [...funnels, { id: funnelId, name: funnelId }];
		this.list.hidden = options.length < 2;
		this.list.replaceChildren(...options.map(({ id, name }) => h("option", { value: id }, name)));
		this.list.value = funnelId;
		if (funnelId === "") return this.panel.say("This website has no funnel.");
		return this.panel.show([{ operation: "getFunnelResults", visitorId: funnelId, query }], ([{ data }]) =>
			drawn(data[0], currency),
		);
	}
}

/** @param {any} funnel @param {string} currency */
function drawn({ name, steps, conversionRate, revenue }, currency) {
	const most = Math.max(1, steps[0]?.visitors ?? 0);
	return [
		h(
			"p",
			{ class: "faint" },
			h("b", { dir: "auto" }, name),
			`: ${percent(100 * conversionRate)} reach the end`,
			revenue ? `, their revenue is ${amount(revenue, currency)}` : "",
		),
		h(
			"ol",
			{ class: "funnel" },
			...steps.map((/** @type {any} */ step, /** @type {number} */ n) => {
				const bar = h("span", { class: "bar-of" });
				bar.style.inlineSize = `${(100 * step.visitors) / most}%`;
				return h(
					"li",
					{},
					h(
						"div",
						{ class: "bar-row few", title: step.url ?? step.goalName ?? "" },
						bar,
						h("span", { class: "what", dir: "auto" }, step.name),
						h("data", { value: step.visitors }, counted(step.visitors)),
						h(
							"data",
							{ class: "faint", value: 100 * step.conversionRate },
							percent(100 * step.conversionRate),
						),
					),
					n === 0
						? null
						: h(
								"p",
								{ class: "lost faint" },
								"▼ ",
								h("data", { value: step.dropOff }, counted(step.dropOff)),
								" lost before this step",
							),
				);
			}),
		),
	];
}
