// The feed: events and payments of the last ten minutes, newest first.

import { at, button, h, reconcile, say } from "./dom.js";
import { ago, country, money, WAITING } from "./format.js";
import { madeUpName } from "./names.js";
import { avatar, flag } from "./pictures.js";
import { Pills } from "./pills.js";

/** The revision whose events include no page views. */
const WITHOUT_PAGES = "2026-06";
/** The length of a tick in ms; all events within a tick have the same instant. */
const TICK = 1000;

/** The kinds of items that each filter shows. */
const FILTERS = {
	All: () => true,
	Pages: (/** @type {Item} */ { kind }) => kind === "pageview",
	Goals: (/** @type {Item} */ { kind }) => !["pageview", "payment"].includes(kind),
	Money: (/** @type {Item} */ { kind }) => kind === "payment",
};
/** The text of an empty list, by filter. */
const NOTHING = { All: "Nothing", Pages: "No page view", Goals: "No goal", Money: "No payment" };
const SIGNS = { pageview: "→", payment: "$", identify: "☺", external_link: "↗", custom: "★" };

export class Feed {
	/** @type {Item[]} */
	#items = [];
	/** @type {keyof typeof FILTERS} */
	#filter = "All";
	#instant = 0;
	/** The instant of the latest answer. */
	#asOf = 0;
	/** The revision; empty until it is known. */
	#revision = "";
	#isKnown = false;

	/**
	 * @param {(visitorId: string) => void} open called for the visitor of a chosen event
	 * @param {(visitorId: string) => string | null} nameOf returns a visitor's name on the map
	 * @param {Set<string>} made the ids of the events that were made here, and "pageview" with the id of a visitor
	 */
	constructor(open, nameOf, made) {
		this.made = made;
		this.list = at("feed");
		this.open = open;
		this.nameOf = nameOf;
		const names = /** @type {(keyof typeof FILTERS)[]} */ (Object.keys(FILTERS));
		const choices = names.map((value) => ({ value, label: value }));
		this.pills = new Pills(at("feed-filter"), choices, (filter) => this.#choose(filter));
		this.pills.press(this.#filter);
		this.clear();
	}

	/** Shows the items, and returns the payments made since the previous answer. @param {any[]} events @param {any[]} payments @param {number} instant */
	apply(events, payments, instant) {
		const known = new Set(this.#items.map(({ id }) => id));
		const isFirst = !this.#isKnown;
		this.#items = feedOf(events, payments);
		this.#isKnown = true;
		this.show(instant);
		// On another website, or at an earlier time, there are old payments that the page has not shown before.
		const since = this.#asOf - TICK;
		this.#asOf = instant;
		if (isFirst) return [];
		return this.#items.filter(
			(item) => item.kind === "payment" && !known.has(item.id) && item.instant >= since,
		);
	}

	/** Returns the name of the visitor of an item. @param {Item} item */
	whose({ name, visitorId }) {
		return name ?? (visitorId === null ? "Somebody" : (this.nameOf(visitorId) ?? madeUpName(visitorId)));
	}

	/** Removes all items, since nothing is known yet. */
	clear() {
		this.#items = [];
		this.#isKnown = false;
		this.#revision = "";
		this.list.replaceChildren();
		say(at("feed-empty"), WAITING);
	}

	/** Sets the revision, on which the filters depend. @param {string} revision */
	use(revision) {
		this.#revision = revision;
		if (this.#isKnown) this.show(this.#instant);
	}

	/** Shows the same items at another instant. @param {number} instant */
	show(instant) {
		this.#instant = instant;
		const shown = this.#items.filter(FILTERS[this.#filter]);
		reconcile(
			this.list,
			shown,
			({ id }) => id,
			(item) => this.#row(item),
			(row, item) => {
				say(/** @type {any} */ (row.querySelector(".when")), ago(this.#instant - item.instant));
				const { eventId, kind, visitorId } = item;
				const isMade = this.made.has(eventId) || this.made.has(`${kind} ${visitorId}`);
				say(/** @type {any} */ (row.querySelector(".mark")), isMade ? "made here " : "");
				row.classList.toggle("made", isMade);
			},
		);
		say(at("feed-empty"), shown.length > 0 ? "" : this.#nothing());
	}

	#nothing() {
		if (!this.#isKnown) return WAITING;
		if (this.#filter === "Pages" && this.#revision === WITHOUT_PAGES)
			return `Revision ${WITHOUT_PAGES} has no page views, only goals and payments.`;
		return `${NOTHING[this.#filter]} in the last ten minutes.`;
	}

	/** @param {Item} item */
	#row(item) {
		const { kind, visitorId, text, countryCode, detail } = item;
		const name = this.whose(item);
		const sign = h(
			"span",
			{ class: "sign", "aria-hidden": "true" },
			SIGNS[/** @type {keyof typeof SIGNS} */ (kind)] ?? "•",
		);
		const content = [
			h("span", { class: "face" }, visitorId === null ? "" : avatar(visitorId), sign),
			h(
				"span",
				{ class: "what", title: `${name} ${text}` },
				h("b", { dir: "auto" }, name),
				" ",
				h("span", { dir: "auto" }, text),
			),
			h("span", { class: "when faint" }),
			h(
				"span",
				{ class: "more faint" },
				h("b", { class: "mark" }),
				h("span", { "aria-hidden": "true" }, flag(countryCode)),
				" ",
				h("bdi", {}, [detail, country(countryCode)].filter(Boolean).join(" · ")),
			),
		];
		const row =
			visitorId === null
				? h("div", { class: "row" }, ...content)
				: button({ class: "row", onclick: () => this.open(visitorId) }, ...content);
		return h("li", { class: kind === "payment" ? "payment" : null }, row);
	}

	/** @param {keyof typeof FILTERS} filter */
	#choose(filter) {
		this.#filter = filter;
		this.pills.press(filter);
		this.show(this.#instant);
	}
}

/**
 * Makes one item of a payment and its event: only the event has the visitor, only the payment the currency.
 * @param {any[]} events @param {any[]} payments
 */
function feedOf(events, payments) {
	const paid = new Map(
		events.filter(({ type }) => type === "payment").map((event) => [event.timestamp, event]),
	);
	const items = [
		...events.filter(({ type }) => type !== "payment").map(eventItem),
		...payments.map((payment) => paymentItem(payment, paid.get(payment.timestamp))),
	];
	return items.sort((one, other) => other.instant - one.instant);
}

/** @param {any} event @returns {Item} */
function eventItem({
	_id,
	type,
	timestamp,
	visitorId,
	displayName,
	customerName,
	path,
	countryCode,
	extraData,
}) {
	return {
		id: String(_id),
		eventId: String(_id),
		kind: String(type),
		instant: Date.parse(timestamp),
		visitorId: typeof visitorId === "string" ? visitorId : null,
		name: customerName ?? displayName ?? null,
		text: happened(type, path, extraData),
		countryCode,
		amount: null,
		currency: null,
		detail: "",
	};
}

/** @param {any} payment @param {any} event @returns {Item} */
function paymentItem({ _id, timestamp, name, displayName, amount, currency, renewal, isNew }, event) {
	const kind = renewal ? "renewal" : isNew ? "first payment" : "payment";
	return {
		id: String(_id),
		eventId: String(event?._id),
		kind: "payment",
		instant: Date.parse(timestamp),
		visitorId: event?.visitorId ?? null,
		name: name ?? displayName ?? null,
		text: `paid ${typeof amount === "number" ? money(amount, String(currency)) : "nothing"}`,
		countryCode: event?.countryCode ?? null,
		amount: typeof amount === "number" ? amount : null,
		currency: typeof currency === "string" ? currency : null,
		detail: kind,
	};
}

/** @param {string} type @param {string | null} path @param {any} extra */
function happened(type, path, extra) {
	if (type === "pageview") return `viewed ${path ?? "a page"}`;
	if (type === "identify") return "was identified";
	if (type === "external_link") return `left for ${extra?.url ?? "another website"}`;
	return `reached ${extra?.eventName ?? type}`;
}
