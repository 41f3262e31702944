// The console's main module: it connects the API, the controls and the parts of the page.

import { Access } from "./access.js";
import { Answer } from "./answer.js";
import { ask, asCurl, failed } from "./api.js";
import { copy } from "./clipboard.js";
import { post } from "./controls.js";
import { at, say } from "./dom.js";
import { drawer } from "./drawer.js";
import { Feed } from "./feed.js";
import { clockTime, counted, dateTime, size } from "./format.js";
import { showIgnored } from "./ignored.js";
import { Journal } from "./journal.js";
import { isKey, listenToField, NO_KEY, offerKeys } from "./key.js";
import { Maker } from "./maker.js";
import { WorldMap } from "./map.js";
import { Payments } from "./payments.js";
import { People } from "./people.js";
import { Profile } from "./profile.js";
import { readKeys, readLasting, readSettings } from "./state.js";
import { Switches } from "./switches.js";
import { Totals } from "./totals.js";

const CONTROL_PAUSE = 1000;
const PROFILE_PAUSE = 4000;
const WAITING = 1500;
const USUAL_KEY = "df_test";

/** @type {Caller} */
let caller = { base: "", key: "", websiteId: null };
/** The number of changes of key or website; answers to requests from before the last change are ignored. */
let turn = 0;
/** @type {Map<string, Visitor>} */
const visitors = new Map();
/** The ids of the events and visitors that the page has made, and marks. @type {Set<string>} */
const made = new Set();
let instant = 0;
let isFirst = true;
/** @type {any[]} */
let latestPayments = [];
/** The last known time of the mock's clock, its speed, and when they were read. */
let clock = { now: 0, speed: 0, at: 0 };
/** The time of the request whose answer is awaited; 0 if none is. */
let asking = 0;
/** The facts that never change while the mock runs. @type {Lasting | null} */
let lasting = null;

/** The buttons that need the key; they are disabled until it is known. */
const asks = /** @type {HTMLButtonElement[]} */ ([
	...document.querySelectorAll("[data-request], [data-copy=first-curl]"),
]);

const poller = new Worker("/console/poller.js", { type: "module" });
const answer = new Answer();
const map = new WorldMap(at("map"), open, (visitorIds) => people.choose(visitorIds), made);
const feed = new Feed(open, (visitorId) => visitors.get(visitorId)?.name ?? null, made);
const people = new People(open);
/** Opens the drawer if it hides nothing. */
const reveal = drawer();
const access = new Access(
	() => caller.key,
	(why) => {
		maker.refuse(why);
		if (at("unlock").hidden) reveal();
	},
	() => begin(caller.key, caller.websiteId),
);
const unlessRefused = access.guard.bind(access);
const payments = new Payments(open, (item) => feed.whose(item));
const totals = new Totals();
const profile = new Profile({
	ask: (visitorId, signal) => ask(caller, "getVisitor", { visitorId, signal }),
	about: (visitorId) => ({ visitor: visitors.get(visitorId), instant }),
	inspect: (visitorId) => answer.open({ caller, operation: "getVisitor", visitorId }),
	changed: (visitorId) => {
		map.select(visitorId);
		maker.show();
	},
});
const switches = new Switches(refresh, (websiteId) => begin(caller.key, websiteId));
const journal = new Journal(unlessRefused, switches);
const maker = new Maker({ visitors, opened: () => profile.opened, made, unlessRefused, changed: showMade });

poller.onmessage = (/** @type {MessageEvent} */ { data }) => {
	if (data.turn !== turn) return;
	asking = data.kind === "asking" ? performance.now() : 0;
	if (data.kind === "answer") answered(data);
	if (data.kind === "trouble") troubled(data.trouble);
};
document.addEventListener("visibilitychange", () => poller.postMessage({ isPaused: document.hidden }));
window.addEventListener("hashchange", () => {
	showIgnored(ignoredParts());
	const key = hashedKey();
	// A link to a part of the page replaces the key in the address.
	if (key === null) showKey();
	else if (key !== caller.key) void begin(key);
});
at("new-key").addEventListener("click", mint);
for (const button of document.querySelectorAll("[data-request]")) {
	button.addEventListener("click", () => answer.open(requestOf(/** @type {any} */ (button).dataset.request)));
}
for (const button of document.querySelectorAll("[data-copy]")) {
	button.addEventListener("click", () => copy(at(/** @type {any} */ (button).dataset.copy).textContent));
}
listenToField(
	() => caller.key,
	(key) => void begin(key),
);
followHeader();
setInterval(tick, 200);
showIgnored(ignoredParts());
void map.load();
void begin(hashedKey() ?? USUAL_KEY).finally(control);

/** @param {Operation} operation @returns {AskedBy} */
function requestOf(operation) {
	const query = operation === "getOverview" ? (totals.query(instant) ?? {}) : {};
	return { caller, operation, query };
}

/** Shows the world of a key, or of a website of an account token. @param {string} key @param {string | null} [websiteId] */
async function begin(key, websiteId = null) {
	turn += 1;
	const mine = turn;
	poller.postMessage({ caller: null });
	caller = { base: "", key, websiteId };
	at("key").value = key;
	if (key !== USUAL_KEY || location.hash !== "") showKey();
	document
		.querySelector("nav a[href^='/dashboard']")
		?.setAttribute("href", `/dashboard#${new URLSearchParams({ key })}`);
	clear();
	if (!isKey(key)) {
		troubled({ message: NO_KEY });
		return;
	}
	await learn(mine);
	// If the document could not be read, `control` will try again.
	if (mine !== turn || caller.base === "") return;
	journal.use(key);
	say(at("first-curl"), asCurl(caller, "getRealtimeMap"));
	at("journal-hint").hidden = false;
	for (const button of asks) button.disabled = false;
	poller.postMessage({ caller, turn });
	await refresh(false);
}

/** Learns the API's base, whether the key exists, and the first website of an account token. @param {number} mine */
async function learn(mine) {
	/** @type {ListedKey | undefined} */
	let listed;
	// The facts need no token, so they are read first; a refusal of the list of keys then stays visible.
	await unlessRefused(async () => {
		lasting ??= await readLasting();
	});
	await unlessRefused(async () => {
		listed = await findKey();
	});
	if (mine !== turn || lasting === null) return;
	caller.base = lasting.base;
	if (caller.key.startsWith("dft_")) caller.websiteId ??= firstWebsite(lasting.sites, listed?.websites ?? []);
}

/** Offers all keys in the field, and returns the caller's key; undefined if it does not exist. */
async function findKey() {
	const keys = await readKeys();
	offerKeys(keys);
	const found = keys.find(({ key }) => key === caller.key);
	access.isKnown = found !== undefined;
	return found;
}

/** @param {any[]} sites @param {string[]} allowed the names of the allowed sites; empty means all */
function firstWebsite(sites, allowed) {
	return (sites.find(({ name }) => allowed.length === 0 || allowed.includes(name)) ?? sites[0]).websiteId;
}

/** Clears the page, since it showed another key's data. */
function clear() {
	profile.close();
	answer.close();
	journal.use("");
	for (const button of asks) button.disabled = true;
	at("journal-hint").hidden = true;
	say(at("first-curl"), "");
	document.title = "datafast-mock";
	visitors.clear();
	isFirst = true;
	asking = 0;
	clock = { now: 0, speed: 0, at: 0 };
	map.clear();
	feed.clear();
	people.clear();
	payments.clear();
	totals.clear();
	switches.wait();
	maker.wait();
	at("made-legend").hidden = true;
	for (const id of ["latest", "revision"]) say(at(id), "");
	say(at("active"), "–");
	say(at("site"), "The website");
	at("trouble").hidden = true;
	document.body.classList.remove("is-stale");
}

/** @param {any} news the message of the poller */
function answered(news) {
	instant = news.instant;
	at("trouble").hidden = true;
	document.body.classList.remove("is-stale");
	say(at("active"), counted(news.active));
	say(at("active-word"), news.active === 1 ? "visitor" : "visitors");
	say(
		at("latest"),
		`Map answer: ${size(news.bytes)} in ${Math.round(news.took)} ms, as of ${dateTime(instant)} UTC`,
	);
	if (news.isSame) {
		feed.show(instant);
	} else {
		for (const visitorId of news.removed) visitors.delete(visitorId);
		for (const visitor of [...news.added, ...news.changed]) visitors.set(visitor.visitorId, visitor);
		map.apply({ ...news, isFirst });
		latestPayments = news.payments;
		const paid = feed.apply(news.events, news.payments, instant);
		payments.show(paid);
		for (const { visitorId } of paid) map.pay(visitorId);
		if (paid.length > 0) totals.again();
		isFirst = false;
	}
	totals.see(caller, latestPayments, instant);
	people.show([...visitors.values()], instant);
	maker.see();
	if (profile.age > PROFILE_PAUSE) void profile.again();
}

/** @param {{operation?: string, message: string, status?: number, retryAfter?: number | null}} trouble */
function troubled({ operation, message, status = 0, retryAfter = null }) {
	const parts = [
		operation === undefined ? message : failed({ operation, status, message }),
		retryAfter === null ? "" : ` A client may try again after ${retryAfter} s.`,
		isFirst ? "" : ` This page shows the state of ${clockTime(instant)}.`,
	];
	at("trouble").hidden = false;
	say(at("trouble"), parts.join(""));
	document.body.classList.add("is-stale");
}

/** Opens a visitor's profile. @param {string} visitorId */
function open(visitorId) {
	profile.open(visitorId);
}

/** Updates the journal and the switches every second. */
async function control() {
	try {
		if (document.hidden) return;
		if (lasting === null && isKey(caller.key)) await begin(caller.key, caller.websiteId);
		if (!access.isRefused) await unlessRefused(() => journal.poll());
		if (!access.isRefused) await refresh(false);
	} finally {
		setTimeout(control, CONTROL_PAUSE);
	}
}

/** Shows the present settings; after a change the poller sends a request at once. */
async function refresh(hasChanged = true) {
	if (hasChanged) {
		poller.postMessage({});
		totals.again();
		void profile.again();
	}
	if (lasting === null || caller.base === "") return;
	const { sites, operations } = lasting;
	const mine = turn;
	await unlessRefused(async () => {
		if (!access.isKnown && (await findKey()) === undefined) return;
		const settings = await readSettings(caller.key);
		if (mine !== turn) return;
		const { state } = settings;
		state.site ??= sites.find(({ websiteId }) => websiteId === caller.websiteId)?.name ?? null;
		clock = { now: Date.parse(state.now), speed: state.frozen ? 0 : state.speed, at: performance.now() };
		switches.show({ key: caller.key, ...settings, sites, operations });
		maker.use({ caller, ...settings, sites });
		say(at("site"), state.site ?? "The website");
		say(at("revision"), `Revision ${state.revision}.`);
		feed.use(state.revision);
		totals.use(state.site);
		document.title = `${state.site ?? caller.key} · datafast-mock`;
	});
}

/** Marks the events and visitors that the page has made, and requests the effects. */
async function showMade() {
	at("made-legend").hidden = made.size === 0;
	map.mark();
	feed.show(instant);
	await refresh();
}

async function mint() {
	let minted = "";
	await unlessRefused(async () => {
		minted = (await post("/keys", { label: "made in the console" })).key;
	});
	if (minted !== "") await begin(minted);
}

/** Sets the height of the header and the banner for the style sheet, so that other parts stay below them. */
function followHeader() {
	const header = /** @type {HTMLElement} */ (document.querySelector(".top"));
	new ResizeObserver(() =>
		document.documentElement.style.setProperty("--top", `${header.offsetHeight}px`),
	).observe(header);
}

/** Updates all parts that change with time alone. */
function tick() {
	const now = clock.now + (performance.now() - clock.at) * clock.speed;
	say(at("now"), clock.at === 0 ? "–" : dateTime(now));
	const waiting = asking === 0 ? 0 : performance.now() - asking;
	if (waiting > WAITING) say(at("latest"), `no answer for ${Math.floor(waiting / 1000)} s …`);
}

/** Puts the key into the page's address. */
function showKey() {
	history.replaceState(null, "", `#${new URLSearchParams({ key: caller.key })}`);
}

/** Returns the key in the page's address, or null. */
function hashedKey() {
	return new URLSearchParams(location.hash.slice(1)).get("key");
}

/** Returns the unknown parts of the address: parameters, or the name of a part of the page. */
function ignoredParts() {
	const hash = location.hash.slice(1);
	const isPart = !hash.includes("=");
	if (isPart)
		return hash === "" || document.getElementById(hash) ? [] : [`#${hash} (the page has no such part)`];
	const given = [...new URLSearchParams(hash)].filter(([name]) => name !== "key");
	return given.map(([name, value]) => `${name}=${value} (the page has no such parameter)`);
}
