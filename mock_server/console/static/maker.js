// The panel "Make something happen": it writes as a client does, shows request and answer, and can undo the writes.

import { get } from "./controls.js";
import { at, button, h, reconcile, say } from "./dom.js";
import { WAITING } from "./format.js";
import { nameOf } from "./names.js";
import { browsed, controlled, documented, send, writeAsCurl } from "./writes.js";

const LAUNCH = "launch_day";
/** The time zones from which visitors arrive, one after another. */
const ZONES = ["Europe/Paris", "America/Sao_Paulo", "Asia/Tokyo", "Africa/Nairobi", "Australia/Sydney"];
const LABELS = {
	payment: "A payment now",
	goal: "A goal now",
	identify: "Identify",
	pageview: "A visitor arrives",
	launch: "Launch begins",
	back: "Take it all back",
};
const ABOUT_VISITOR = ["payment", "goal", "identify"];
/** The longest part of an answer that is shown, in characters. */
const LONGEST = 2000;

/** @typedef {keyof typeof LABELS} Kind */

export class Maker {
	/** @type {MakerHeld | null} */
	#held = null;
	/** The site whose visitors are shown; null if there are none yet, undefined if it is unknown. @type {string | null | undefined} */
	#seen = null;
	/** The text while the panel is disabled. */
	#waiting = WAITING;
	/** The queue of requests, which are sent one after another. */
	#queue = Promise.resolve();
	/** The site that each key had chosen before its launch, by key; null for none. @type {Map<string, string | null>} */
	#before = new Map();
	#arrivals = 0;
	/** The number of changes of key or website; answers to requests from before the last change are not shown. */
	#turn = 0;
	/** @type {Record<string, any>} */
	#buttons = {};

	/** @param {MakerLinks} links */
	constructor(links) {
		this.links = links;
		for (const [kind, label] of Object.entries(LABELS)) {
			const press = () => this.#press(/** @type {Kind} */ (kind));
			const about = ABOUT_VISITOR.includes(kind) ? `why-${kind} maker-whom` : `why-${kind}`;
			this.#buttons[kind] = button({ "aria-describedby": about, onclick: press }, label);
		}
		at("maker-buttons").append(...Object.values(this.#buttons));
		this.wait();
	}

	/** Disables the panel until the settings of the key are known. */
	wait() {
		this.#turn += 1;
		this.#held = null;
		this.#seen = null;
		this.#waiting = WAITING;
		at("maker-sent").hidden = true;
		say(at("maker-said"), "");
		this.links.made.clear();
		this.show();
	}

	/** Disables the panel, because the controls refuse requests. @param {string} why */
	refuse(why) {
		this.#held = null;
		this.#waiting = why;
		this.show();
	}

	/** @param {MakerHeld} held */
	use(held) {
		this.#held = held;
		if (this.#seen === undefined) this.#seen = held.state.site;
		this.show();
	}

	/** Shows whom the next request is about, because an answer has shown the visitors. */
	see() {
		this.#seen = this.#held?.state.site;
		this.show();
	}

	/** Shows which buttons work, and for whom. */
	show() {
		const held = this.#held;
		at("maker-board").disabled = held === null;
		const reasons = held === null ? {} : this.#reasons(held);
		for (const [kind, button] of Object.entries(this.#buttons))
			button.setAttribute("aria-disabled", String(kind in reasons));
		reconcile(
			at("maker-why"),
			Object.entries(reasons),
			([kind]) => kind,
			([kind]) => h("li", { id: `why-${kind}` }),
			(row, [kind, why]) => say(row, `${LABELS[/** @type {Kind} */ (kind)]}: ${why}`),
		);
		const visitor = this.#visitor();
		const whom = visitor === undefined || held?.state.site !== this.#seen ? "" : this.#whom(visitor);
		say(at("maker-whom"), held === null ? this.#waiting : whom);
	}

	/** Returns the reasons why buttons cannot work, by button. @param {MakerHeld} held @returns {Texts} */
	#reasons(held) {
		const { state, sites } = held;
		const why = state.site !== this.#seen ? "waiting for the visitors." : "nobody is online.";
		/** @type {Texts} */
		const reasons = {};
		if (state.site !== this.#seen || this.#visitor() === undefined)
			for (const kind of ABOUT_VISITOR) reasons[kind] = why;
		if (!siteOf(held)?.price) reasons.payment = "this website sells nothing.";
		if (state.trackingId === null) reasons.pageview = "an account token has no tracking id.";
		if (state.permissions !== null) reasons.launch = "an account token has no website of its own.";
		else if (state.site === LAUNCH) reasons.launch = "it is launch day already.";
		else if (!sites.some(({ name }) => name === LAUNCH)) reasons.launch = `there is no website ${LAUNCH}.`;
		return reasons;
	}

	/** Returns the visitor whose profile is open, else the latest anonymous one, else the latest one. @returns {Visitor | undefined} */
	#visitor() {
		const { visitors, opened } = this.links;
		const all = [...visitors.values()].sort((one, other) => other.seen - one.seen);
		return visitors.get(opened()) ?? all.find(({ name }) => name === null) ?? all[0];
	}

	/** @param {Visitor} visitor */
	#whom({ visitorId, name }) {
		const who = nameOf({ visitorId, name });
		if (visitorId === this.links.opened()) return `For ${who}, whose profile is open.`;
		const which = name === null ? "the latest anonymous visitor" : "the latest visitor";
		return `For ${who}, ${which}; open a profile to choose somebody else.`;
	}

	/** @param {Kind} kind */
	#press(kind) {
		this.#queue = this.#queue.then(async () => {
			// Meanwhile the key may have changed, or everybody may have left.
			if (this.#held === null || kind in this.#reasons(this.#held)) return;
			if (kind === "launch") await this.#launch(this.#held);
			else if (kind === "back") await this.#takeBack(this.#held);
			else await this.#write(kind, this.#held);
		});
	}

	/** @param {"payment" | "goal" | "identify" | "pageview"} kind @param {MakerHeld} held */
	async #write(kind, held) {
		const { caller, state } = held;
		const id = randomId();
		const visitorId = kind === "pageview" ? id : (this.#visitor()?.visitorId ?? "");
		const about = { datafast_visitor_id: visitorId };
		const { domain, price } = siteOf(held) ?? {};
		const makers = {
			payment: () =>
				documented(caller, "createPayment", {
					...price,
					transaction_id: `console_${id.slice(0, 8)}`,
					...about,
				}),
			goal: () => documented(caller, "createGoal", { name: "signup", ...about }),
			identify: () =>
				documented(caller, "identifyVisitor", {
					user_id: `user_${visitorId.slice(0, 8)}`,
					name: "Ada Lovelace",
					...about,
				}),
			pageview: () => browsed(this.#pageview(state.trackingId, visitorId, domain)),
		};
		if (await this.#send([makers[kind]()])) await this.#mark(kind, caller.key, visitorId);
		await this.links.changed();
	}

	/** @param {string} websiteId @param {string} visitorId @param {string} domain */
	#pageview(websiteId, visitorId, domain) {
		const timezone = ZONES[this.#arrivals % ZONES.length];
		this.#arrivals += 1;
		return { websiteId, type: "pageview", visitorId, href: `https://${domain}/`, timezone, language: "en" };
	}

	/** @param {MakerHeld} held */
	async #launch(held) {
		const { key } = held.caller;
		this.#before.set(key, held.own.site);
		await this.#send([controlled("PATCH", "/settings", key, { site: LAUNCH })]);
		await this.links.changed();
	}

	/** @param {MakerHeld} held */
	async #takeBack(held) {
		const { key } = held.caller;
		const writes = [controlled("DELETE", "/facts", key)];
		const site = this.#before.get(key);
		// A website that was chosen after the launch stays.
		if (site !== undefined && held.own.site === LAUNCH)
			writes.push(controlled("PATCH", "/settings", key, { site }));
		if (await this.#send(writes)) {
			this.#before.delete(key);
			this.links.made.clear();
		}
		await this.links.changed();
	}

	/** Sends requests one after another, and shows them; returns whether all succeeded. @param {Write[]} writes */
	async #send(writes) {
		const turn = this.#turn;
		at("maker-sent").hidden = false;
		say(at("maker-curl"), writes.map(writeAsCurl).join("\n"));
		say(at("maker-said"), "Asking …");
		say(at("maker-answer"), "");
		for (const write of writes) {
			const { isDone, said, text } = await send(write);
			if (this.#turn !== turn) return false;
			say(at("maker-said"), said);
			at("maker-said").classList.toggle("problem", !isDone);
			say(at("maker-answer"), text.slice(0, LONGEST));
			if (!isDone) return false;
		}
		return true;
	}

	/** Remembers the visitor, and the event of what was written. @param {string} kind @param {string} key @param {string} visitorId */
	async #mark(kind, key, visitorId) {
		const { made, unlessRefused } = this.links;
		made.add(visitorId);
		// The event of a page view has another id on the map than in the facts.
		if (kind === "pageview") made.add(`${kind} ${visitorId}`);
		else
			await unlessRefused(async () => {
				const { facts } = await get("/facts", { key, limit: 20 });
				const written = facts.findLast(
					(/** @type {any} */ { type, fact }) => type === kind && fact.datafast_visitor_id === visitorId,
				);
				if (written !== undefined) made.add(written.fact.eventId);
			});
	}
}

/** Returns the website that the key shows. @param {MakerHeld} held */
function siteOf({ state, sites }) {
	return sites.find(({ name }) => name === state.site);
}

/** Returns a UUID of version 4, also where the page has no secure context. */
function randomId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
	return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
