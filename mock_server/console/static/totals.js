// The sums beside the map: money of the last ten minutes, and visitors and money of today.

import { ask, failed, Trouble } from "./api.js";
import { at, say } from "./dom.js";
import { counted, day, sum } from "./format.js";

/** The time between two requests for the sums of today, in ms. */
const PAUSE = 15_000;
/** The timeout of a request, in ms. */
const PATIENCE = 20_000;
const UNKNOWN = "–";

export class Totals {
	/** @type {Caller | null} */
	#caller = null;
	/** The website's facts, such as its time zone and currency; null until they are known. @type {any} */
	#website = null;
	/** The name of the website; undefined until it is known. @type {string | null | undefined} */
	#site = undefined;
	#asking = new AbortController();
	#askedAt = Number.NEGATIVE_INFINITY;

	/** Forgets the sums, since they belong to another key or website. */
	clear() {
		this.#caller = null;
		this.#site = undefined;
		this.#forget();
		say(at("ten-money"), UNKNOWN);
	}

	/** Forgets the sums of today if the key now shows another website, whose currency and time zone may differ. @param {string | null} site */
	use(site) {
		if (this.#site !== undefined && this.#site !== site) this.#forget();
		this.#site = site;
	}

	#forget() {
		this.#asking.abort();
		this.#asking = new AbortController();
		this.#website = null;
		this.again();
		for (const id of ["today-visitors", "today-money"]) say(at(id), UNKNOWN);
		say(at("today-why"), "");
	}

	/** Requests the sums of today again when the next answer of the map comes. */
	again() {
		this.#askedAt = Number.NEGATIVE_INFINITY;
	}

	/** Shows the sum of the map's payments, and requests the sums of today from time to time. @param {Caller} caller @param {any[]} payments @param {number} instant */
	see(caller, payments, instant) {
		this.#caller = caller;
		say(at("ten-money"), this.#paid(payments) || UNKNOWN);
		if (performance.now() - this.#askedAt > PAUSE) void this.#ask(instant);
	}

	/** Returns the sum of payments in each of their currencies; 0 in the website's currency if there are none. @param {any[]} payments */
	#paid(payments) {
		/** @type {Map<string, number>} */
		const sums = new Map();
		for (const { amount, currency } of payments)
			sums.set(
				String(currency),
				(sums.get(String(currency)) ?? 0) + (typeof amount === "number" ? amount : 0),
			);
		if (sums.size === 0 && this.#website !== null) sums.set(this.#website.currency, 0);
		return [...sums].map(([currency, total]) => sum(total, currency)).join(" + ");
	}

	/** Returns the parameters of the report about today; null until the time zone is known. @param {number} instant @returns {Today | null} */
	query(instant) {
		if (this.#website === null) return null;
		const today = day(instant, this.#website.timezone);
		return { startAt: today, endAt: today, fields: "visitors,revenue" };
	}

	/** @param {number} instant */
	async #ask(instant) {
		const caller = this.#caller;
		if (caller === null) return;
		this.#askedAt = performance.now();
		const { signal: changed } = this.#asking;
		const signal = AbortSignal.any([changed, AbortSignal.timeout(PATIENCE)]);
		try {
			this.#website ??= (await ask(caller, "getMetadata", { signal })).data[0];
			const { data } = await ask(caller, "getOverview", { query: this.query(instant) ?? {}, signal });
			const { visitors, revenue } = data[0];
			say(at("today-visitors"), counted(visitors));
			say(at("today-money"), sum(revenue, this.#website.currency));
			say(at("today-why"), `since midnight in ${cityOf(this.#website.timezone)}`);
		} catch (error) {
			if (changed.aborted) return;
			for (const id of ["today-visitors", "today-money"]) say(at(id), UNKNOWN);
			say(at("today-why"), reason(error));
		}
	}
}

/** @param {unknown} error */
function reason(error) {
	if (!(error instanceof Trouble)) return "A documented member is missing, or no answer came in time.";
	return failed(error);
}

/** Returns `New York` of `America/New_York`. @param {string} timeZone */
function cityOf(timeZone) {
	return (timeZone.split("/").at(-1) ?? timeZone).replaceAll("_", " ");
}
