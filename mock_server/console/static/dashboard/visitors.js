// The visitors of the period, those seen latest first. A click on a visitor opens the profile.

import { button, h } from "../dom.js";
import { dateTime, place } from "../format.js";
import { avatar, flag } from "../pictures.js";
import { pages } from "./breakdown.js";
import { visitorFilters } from "./filters.js";
import { Panel } from "./panel.js";

/** The number of visitors of a page. */
const ROWS = 10;

export class Visitors {
	#offset = 0;
	#onlyCustomers = false;
	/** @type {AboutVisitors | null} */
	#about = null;

	/** @param {Requests} requests @param {(asked: Asked) => void} inspect @param {(visitorId: string) => void} open */
	constructor(requests, inspect, open) {
		this.panel = new Panel("visitors", requests, inspect);
		this.open = open;
		this.customers = button({ "aria-pressed": "false", onclick: () => this.#turn() }, "Customers only");
		this.panel.tools.append(this.customers);
	}

	/** @param {AboutVisitors} about */
	show(about) {
		this.#about = about;
		this.#offset = 0;
		return this.#ask();
	}

	#turn() {
		this.#onlyCustomers = !this.#onlyCustomers;
		this.#offset = 0;
		void this.#ask();
	}

	async #ask() {
		const about = this.#about;
		if (about === null) return;
		const filters = visitorFilters(about.filters);
		// The API has no list of customers who completed a goal.
		const hasGoal = filters !== null && "completedGoal" in filters;
		this.customers.hidden = hasGoal;
		this.customers.setAttribute("aria-pressed", String(this.#onlyCustomers));
		if (filters === null) {
			this.panel.say(
				"The list of visitors cannot be filtered by entry page, by number of visits, or with “is not”.",
			);
			return;
		}
		/** @type {Query} */
		const customers = this.#onlyCustomers && !hasGoal ? { isCustomer: "true" } : {};
		const query = {
			...about.dates,
			...filters,
			...customers,
			limit: String(ROWS),
			offset: String(this.#offset),
		};
		await this.panel.show([{ operation: "listVisitors", query }], ([{ body }]) => this.#draw(body, about));
	}

	/** @param {any} body @param {AboutVisitors} about */
	#draw({ data, pagination }, { timeZone }) {
		if (data.length === 0) return [h("p", { class: "empty" }, "Nobody in this period.")];
		const time = new Intl.DateTimeFormat("en-GB", {
			timeZone,
			day: "numeric",
			month: "short",
			hour: "2-digit",
			minute: "2-digit",
		});
		return [
			h(
				"ol",
				{ class: "people" },
				...data.map((/** @type {any} */ visitor) => {
					const { visitorId, lastSeenAt, currentUrl, identity, acquisition } = visitor;
					const seen = Date.parse(lastSeenAt);
					const cell = (/** @type {string} */ kind, /** @type {string} */ text) =>
						h("span", { class: kind, dir: "auto", title: text }, text);
					return h(
						"li",
						{},
						button(
							{ class: "person", onclick: () => this.open(visitorId) },
							h(
								"span",
								{ class: "where" },
								avatar(visitorId),
								flag(identity.country),
								cell("place", place(identity.city, identity.country)),
							),
							cell("source faint", acquisition.referrer ?? "Direct/None"),
							cell(
								"device faint",
								[identity.browser, identity.os, identity.device].filter(Boolean).join(" · "),
							),
							cell("page mono", currentUrl ?? "–"),
							h(
								"time",
								{ class: "faint", datetime: lastSeenAt, title: `${dateTime(seen)} UTC` },
								time.format(seen),
							),
						),
					);
				}),
			),
			pages(pagination, ROWS, data.length, (offset) => {
				this.#offset = offset;
				void this.#ask();
			}),
		];
	}
}
