// The worker that polls the API, outside the page's thread, and sends the page the changes.

import { ask, Trouble } from "./api.js";

/** The pause between two answers, in ms; it is longer if an answer is large. */
const PAUSE = 1000;
const PAUSE_AFTER_TROUBLE = 2000;
/** The pause after a large answer, as a multiple of the time that it took. */
const REST = 4;
/** The time since a visitor's last activity, in ms, if no answer tells it: half of the map's ten minutes. */
const ASSUMED = 300_000;

/** @type {Caller | null} */
let caller = null;
/** The page's number for the present caller, which each message contains. */
let turn = 0;
let isPaused = false;
/** The controller that cancels the present request. */
let current = new AbortController();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Map<string, Visitor>} */
let known = new Map();
let lastText = "";

self.onmessage = ({ data }) => {
	if (data.caller !== undefined) {
		caller = data.caller;
		turn = data.turn ?? 0;
		known = new Map();
		lastText = "";
	}
	if (data.isPaused !== undefined) isPaused = data.isPaused;
	current.abort();
	void poll();
};

async function poll() {
	clearTimeout(timer);
	if (caller === null || isPaused) return;
	const control = new AbortController();
	current = control;
	const started = performance.now();
	self.postMessage({ kind: "asking", turn });
	let rest = PAUSE_AFTER_TROUBLE;
	try {
		const { signal } = control;
		const [realtime, map] = await Promise.all([
			ask(caller, "getRealtime", { signal }),
			ask(caller, "getRealtimeMap", { signal }),
		]);
		self.postMessage({ kind: "answer", turn, ...changes(realtime, map) });
		rest = Math.max(PAUSE, (performance.now() - started) * REST);
	} catch (error) {
		if (control.signal.aborted) return;
		const trouble = error instanceof Trouble ? error : new Trouble("getRealtimeMap", String(error));
		const { operation, message, status, retryAfter } = trouble;
		self.postMessage({ kind: "trouble", turn, trouble: { operation, message, status, retryAfter } });
	}
	if (!control.signal.aborted) timer = setTimeout(poll, rest);
}

/** @param {any} realtime @param {any} map */
function changes(realtime, map) {
	const now = realtime.data?.[0]?.visitors;
	const { count, visitors, recentEvents, recentPayments } = map.data ?? {};
	if (typeof now !== "number")
		throw new Trouble("getRealtime", "the answer has no number of visitors", realtime);
	const isWhole =
		typeof count === "number" &&
		[visitors, recentEvents, recentPayments].every((list) => Array.isArray(list) && list.every(isRecord)) &&
		visitors.every((/** @type {any} */ visitor) => typeof visitor.visitorId === "string");
	if (!isWhole) {
		throw new Trouble("getRealtimeMap", "a documented member is missing or has the wrong type", map);
	}
	// If the counter and the map are of different instants, the map's own count is shown.
	const active = realtime.instant === map.instant ? now : count;
	const about = { active, instant: map.instant, took: map.took, bytes: map.text.length };
	// While the clock is frozen, all answers have the same bytes.
	if (map.text === lastText) return { ...about, isSame: true, added: [], changed: [], removed: [] };
	lastText = map.text;
	return {
		...about,
		isSame: false,
		events: recentEvents,
		payments: recentPayments,
		...compared(visitors, recentEvents, map.instant),
	};
}

/**
 * Returns the visitors who came, changed and left.
 * @param {any[]} visitors @param {any[]} events @param {number} instant
 */
function compared(visitors, events, instant) {
	const latest = new Map();
	for (const event of [...events].reverse()) latest.set(event.visitorId, Date.parse(event.timestamp));
	/** @type {{added: Visitor[], changed: Visitor[], removed: string[]}} */
	const found = { added: [], changed: [], removed: [] };
	/** @type {Map<string, Visitor>} */
	const now = new Map();
	for (const raw of visitors) {
		const before = known.get(raw.visitorId);
		const after = visitorOf(raw, before, latest.get(raw.visitorId), instant);
		now.set(after.visitorId, after);
		if (before === undefined) found.added.push(after);
		else if (isOther(before, after)) found.changed.push(after);
	}
	for (const visitorId of known.keys()) if (!now.has(visitorId)) found.removed.push(visitorId);
	known = now;
	return found;
}

/**
 * Reads a visitor of either revision; members that are missing or of another type become null.
 * @param {any} raw @param {Visitor | undefined} before @param {number | undefined} event @param {number} instant
 * @returns {Visitor}
 */
function visitorOf(raw, before, event, instant) {
	const { location, system, profileData } = raw;
	const page = textOf(raw.currentUrl);
	const began = Date.parse(raw.sessionStartTime);
	const first = Math.max(Number.isFinite(began) ? began : 0, instant - ASSUMED);
	const moved = before !== undefined && before.page !== page ? instant : 0;
	return {
		visitorId: String(raw.visitorId),
		name: textOf(raw.customerName) ?? textOf(profileData?.displayName),
		page,
		city: textOf(location?.city),
		countryCode: textOf(location?.countryCode),
		longitude: numberOf(raw.longitude),
		latitude: numberOf(raw.latitude),
		isCustomer: raw.isCustomer === true || raw.conversionLikelihood?.score === 100,
		system: [
			system?.device?.type ?? system?.device,
			system?.browser?.name ?? system?.browser,
			system?.os?.name ?? system?.os,
		]
			.filter((part) => typeof part === "string")
			.join(" · "),
		referrer: textOf(raw.referrer),
		seen: Math.min(Math.max(before?.seen ?? first, event ?? 0, moved), instant),
	};
}

/** @param {any} value */
function isRecord(value) {
	return typeof value === "object" && value !== null;
}

/** @param {any} value */
function numberOf(value) {
	return typeof value === "number" ? value : null;
}

/** @param {any} value */
function textOf(value) {
	return typeof value === "string" ? value : null;
}

/** @param {any} before @param {any} after */
function isOther(before, after) {
	return Object.keys(after).some((name) => before[name] !== after[name]);
}
