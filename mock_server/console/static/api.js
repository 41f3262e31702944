// A client of the documented API. All its requests are peeks (`Prefer: peek`).

import { shellQuoted } from "./shell.js";

const PATHS = {
	getRealtime: "/analytics/realtime",
	getRealtimeMap: "/analytics/realtime/map",
	getOverview: "/analytics/overview",
	getTimeseries: "/analytics/timeseries",
	getMetadata: "/analytics/metadata",
	getReferrers: "/analytics/referrers",
	getCampaigns: "/analytics/campaigns",
	getPages: "/analytics/pages",
	getHostnames: "/analytics/hostnames",
	getExitClicks: "/analytics/exit-clicks",
	getCountries: "/analytics/countries",
	getRegions: "/analytics/regions",
	getCities: "/analytics/cities",
	getDevices: "/analytics/devices",
	getBrowsers: "/analytics/browsers",
	getOperatingSystems: "/analytics/operating-systems",
	getGoals: "/analytics/goals",
	getFunnelResults: "/analytics/funnels/{id}",
	listVisitors: "/visitors",
	getVisitor: "/visitors/{id}",
	createPayment: "/payments",
	createGoal: "/goals",
	identifyVisitor: "/identify",
};
/** The timeout of a request in ms, longer than all but the longest delay of the switches. */
export const PATIENCE = 65_000;

/** @typedef {keyof typeof PATHS} Operation */

/** A failed request: an error of the API, or no answer. */
export class Trouble extends Error {
	/** @param {Operation} operation @param {string} message @param {{status?: number, retryAfter?: number | null, text?: string}} [more] */
	constructor(operation, message, { status = 0, retryAfter = null, text = "" } = {}) {
		super(message);
		this.operation = operation;
		/** The status; 0 if no readable answer came. */
		this.status = status;
		/** The time to wait in seconds of the world; null if the answer has none. */
		this.retryAfter = retryAfter;
		/** The body of the answer as text. */
		this.text = text;
	}

	/** The failure in words, such as `Status 500: Internal server error.` */
	get said() {
		return `${this.status === 0 ? "No answer" : `Status ${this.status}`}: ${this.message}`;
	}
}

/** Says which operation failed, and why. @param {{operation: string, status: number, message: string}} failure */
export function failed({ operation, status, message }) {
	return `${operation} ${status === 0 ? "gets no answer" : `answers ${status}`}: ${message.replace(/\.?$/, ".")}`;
}

/** @param {Caller} caller @param {Operation} operation @param {string} [visitorId] @param {Query} [query] */
export function urlOf(caller, operation, visitorId = "", query = {}) {
	const { websiteId } = caller;
	const parameters = new URLSearchParams(websiteId === null ? query : { websiteId, ...query }).toString();
	return (
		caller.base +
		PATHS[operation].replace("{id}", encodeURIComponent(visitorId)) +
		(parameters === "" ? "" : `?${parameters}`)
	);
}

/**
 * Sends a request, and returns the content and data of its answer, the text, and the world's instant in ms.
 * @param {Caller} caller
 * @param {Operation} operation
 * @param {{visitorId?: string, query?: Query, signal?: AbortSignal}} [more]
 * @returns {Promise<{body: any, data: any, text: string, status: number, instant: number, took: number}>}
 * @throws {Trouble}
 */
export async function ask(caller, operation, { visitorId, query, signal } = {}) {
	const started = performance.now();
	const { reply, text } = await sent(
		operation,
		caller.key,
		urlOf(caller, operation, visitorId, query),
		signal,
	);
	const body = parsed(operation, reply, text);
	if (!reply.ok || body?.status !== "success") throw refusal(operation, reply, body, text);
	const instant = Date.parse(reply.headers.get("Date") ?? "");
	const took = performance.now() - started;
	return { body, data: body.data, text, status: reply.status, instant, took };
}

/** Writes the request as a curl command. @param {Caller} caller @param {Operation} operation @param {string} [visitorId] @param {Query} [query] */
export function asCurl(caller, operation, visitorId, query) {
	const quoted = [`Authorization: Bearer ${caller.key}`, urlOf(caller, operation, visitorId, query)].map(
		shellQuoted,
	);
	return `curl -H ${quoted[0]} ${quoted[1]}`;
}

/** @param {Operation} operation @param {string} key @param {string} url @param {AbortSignal} [signal] */
async function sent(operation, key, url, signal) {
	const patience = AbortSignal.timeout(PATIENCE);
	try {
		const reply = await fetch(url, {
			headers: { Authorization: `Bearer ${key}`, Prefer: "peek" },
			signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
			cache: "no-store",
		});
		return { reply, text: await reply.text() };
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new Trouble(
			operation,
			patience.aborted
				? `no answer within ${PATIENCE / 1000} s`
				: "the connection broke before the answer was complete",
		);
	}
}

/** @param {Operation} operation @param {Response} reply @param {string} text */
function parsed(operation, reply, text) {
	try {
		return JSON.parse(text);
	} catch {
		const kind = reply.headers.get("Content-Type") ?? "no content type";
		throw new Trouble(operation, `the answer is not JSON (${kind})`, { status: reply.status, text });
	}
}

/** @param {Operation} operation @param {Response} reply @param {any} body @param {string} text */
function refusal(operation, reply, body, text) {
	const said = body?.error?.message ?? body?.detail ?? `the answer does not say "success"`;
	const wait = reply.headers.get("Retry-After");
	const retryAfter = wait === null ? null : Number(wait);
	return new Trouble(operation, String(said), {
		status: reply.status,
		retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
		text,
	});
}
