// The page /dashboard: it reads the view from the address, and shows each panel for it.

import { Answer } from "../answer.js";
import { ask, failed, Trouble } from "../api.js";
import { Banner, repair } from "../banner.js";
import { ControlProblem, get } from "../controls.js";
import { at, h, say } from "../dom.js";
import { dateTime, day } from "../format.js";
import { showIgnored } from "../ignored.js";
import { isKey, listenToField, NO_KEY, offerKeys } from "../key.js";
import { Pills } from "../pills.js";
import { Profile } from "../profile.js";
import { readKeys, readSettings } from "../state.js";
import { ignoredOf, readView, showView } from "./address.js";
import { BREAKDOWNS, Breakdown } from "./breakdown.js";
import { Chart } from "./chart.js";
import { figures } from "./figures.js";
import { showFilters } from "./filters.js";
import { Funnel } from "./funnel.js";
import { legend } from "./legend.js";
import { Panel } from "./panel.js";
import { PERIODS, periodOf } from "./periods.js";
import { Requests } from "./requests.js";
import { Visitors } from "./visitors.js";

const BASE = `${location.origin}/api/v1`;
/** The pause between two requests for the faults, in ms. */
const FAULTS_PAUSE = 2000;
const SERIES = "name,visitors,sessions,revenue";

let view = readView();
/** @type {Caller} */
let caller = { base: BASE, key: "", websiteId: null };
/** The website's metadata from the API, and the instant of that answer. */
let website = { timeZone: "UTC", currency: "", name: "", now: 0 };
/** The websites with their funnels, which the controls list. @type {Site[]} */
let sites = [];
/** The website of a website's key; empty if it is unknown. */
let siteId = "";
/** The settings of the key; null if they are unknown, since the controls refuse requests or do not answer. @type {Settings | null} */
let settings = null;
/** The number of times that the page was begun; answers to requests from before the last time are ignored. */
let turn = 0;
/** The first day of the website with visitors or revenue; empty until all time was shown. */
let firstDay = "";

const answer = new Answer();
const requests = new Requests(() => caller);
const inspect = (/** @type {Asked} */ asked) => answer.open({ caller, ...asked });
const overview = new Panel("overview", requests, inspect);
const series = new Panel("series", requests, inspect);
const chart = new Chart();
const intervals = h("span", { class: "pills", role: "group", "aria-label": "Interval" });
series.tools.append(intervals, chart.toggle);
const breakdowns = Object.keys(BREAKDOWNS).map((id) => new Breakdown(id, requests, inspect, filter));
const funnel = new Funnel(requests, inspect, (chosen) => showView({ ...view, funnel: chosen }));
const profile = new Profile({
	ask: (visitorId, signal) => requests.ask({ operation: "getVisitor", visitorId }, signal),
	about: () => ({ visitor: null, instant: website.now }),
	inspect: (visitorId) => inspect({ operation: "getVisitor", visitorId }),
	changed: () => {},
});
const visitors = new Visitors(requests, inspect, (visitorId) => profile.open(visitorId));
const banner = new Banner(async () => {
	const known = settings;
	if (known !== null) await unlessRefused(() => repair(view.key, known));
	await begin();
});
const periods = new Pills(
	at("periods"),
	Object.entries(PERIODS).map(([value, label]) => ({ value, label })),
	choosePeriod,
);

window.addEventListener("hashchange", () => {
	const { key, website: id } = view;
	view = readView();
	if (view.key === key && view.website === id) present();
	else void begin();
});
at("refresh").addEventListener("click", () => begin());
at("metadata-retry").addEventListener("click", () => begin());
at("custom").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
	event.preventDefault();
	const [from, to] = [at("from").value, at("to").value].sort();
	showView({ ...view, period: "custom", from, to, interval: "" });
});
at("website").addEventListener("change", () =>
	showView({ ...view, website: at("website").value, filters: {}, funnel: "" }),
);
at("key").addEventListener("focus", () => unlessRefused(async () => offerKeys(await readKeys())));
listenToField(
	() => view.key,
	(key) => showView({ ...view, key, website: null, filters: {}, funnel: "" }),
);
setInterval(watchFaults, FAULTS_PAUSE);
void begin();

/** Begins the page again with new answers: for another key or website, or for a later instant. */
async function begin() {
	turn += 1;
	const mine = turn;
	requests.forget();
	firstDay = "";
	profile.close();
	caller = { base: BASE, key: view.key, websiteId: null };
	at("key").value = view.key;
	document.body.classList.add("is-loading");
	at("board").hidden = !isKey(view.key);
	at("trouble").hidden = true;
	at("ignored").hidden = true;
	for (const link of document.querySelectorAll("nav a[href^='/#'], nav a[href='/']"))
		link.setAttribute("href", `/#${new URLSearchParams({ key: view.key })}`);
	if (!isKey(view.key)) {
		showFaults(null);
		trouble(NO_KEY);
		return;
	}
	await learn(mine);
	if (mine !== turn) return;
	caller.websiteId = view.key.startsWith("dft_") ? (view.website ?? sites[0]?.websiteId ?? null) : null;
	await introduce();
	if (mine === turn) present();
}

/** Reads the websites, funnels and faults from the controls. Without the controls the page works, but offers none. @param {number} mine */
async function learn(mine) {
	sites = [];
	siteId = "";
	await unlessRefused(async () => {
		const [known, listed] = await Promise.all([readSettings(view.key), get("/sites")]);
		if (mine !== turn) return;
		showFaults(known);
		sites = listed.sites.filter((/** @type {Site} */ site) => isAllowed(known.state.websites, site));
		siteId = known.state.websiteId ?? "";
	});
	if (mine !== turn) return;
	at("website-field").hidden = !view.key.startsWith("dft_");
	at("website").replaceChildren(
		...sites.map(({ websiteId, domain }) => h("option", { value: websiteId }, domain)),
	);
	at("website").value = view.website ?? sites[0]?.websiteId ?? "";
}

/** @param {string[] | null} allowed @param {Site} site */
function isAllowed(allowed, { name }) {
	return !allowed?.length || allowed.includes(name);
}

/** Requests the website's name, time zone and currency. */
async function introduce() {
	try {
		const { data, instant } = await ask(caller, "getMetadata");
		const [{ domain, timezone, currency }] = data;
		website = { timeZone: timezone, currency, name: domain, now: instant };
	} catch (error) {
		if (!(error instanceof Trouble || error instanceof TypeError)) throw error;
		website = { timeZone: "UTC", currency: "", name: "The website", now: Date.now() };
		const why = error instanceof Trouble ? failed(error) : "getMetadata lacks a documented member.";
		trouble(`${why} The page assumes UTC, and the clock of this computer.`);
	}
}

/** @param {string} text */
function trouble(text) {
	at("trouble").hidden = false;
	say(at("trouble-text"), text);
}

/** Shows the view in all panels. */
function present() {
	const { timeZone, now, name } = website;
	const period = periodOf(view.period, view.from, view.to, now, timeZone);
	const dates = { ...period.dates };
	const query = { ...dates, ...view.filters };
	const past = period.before === null ? null : { ...period.before, ...view.filters };
	document.title = `${name} · dashboard · datafast-mock`;
	document.body.classList.remove("is-loading");
	say(at("site"), name);
	say(at("as-of"), `${local(now, timeZone)}, ${timeZone}`);
	periods.press(view.period);
	// On a telephone the row is longer than the screen.
	const row = at("periods");
	const chosen = row.querySelector("[aria-pressed=true]");
	row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
	showIgnored(ignoredOf(view, period.intervals));
	at("custom").hidden = view.period !== "custom";
	at("from").value = period.dates.startAt;
	at("to").value = view.to || day(now, timeZone);
	showFilters(view.filters, filter);
	showFigures(query, past, period.words);
	showSeries(period, query, past);
	const about = {
		query,
		overview: asked("getOverview", query),
		filters: view.filters,
		currency: website.currency,
	};
	for (const breakdown of breakdowns) void breakdown.show(about);
	const id = caller.websiteId ?? siteId;
	const { funnels = [] } = sites.find(({ websiteId }) => websiteId === id) ?? {};
	void funnel.show(funnels, view.funnel, query, website.currency);
	void visitors.show({ dates, filters: view.filters, timeZone });
}

/** @param {Operation} operation @param {Query} query */
function asked(operation, query) {
	return { operation, query };
}

/** @param {Query} query @param {Query | null} past @param {string} words */
function showFigures(query, past, words) {
	const both = [query, past].filter((one) => one !== null).map((one) => asked("getOverview", one));
	void overview.show(both, ([now, then]) =>
		figures(now.data[0], then?.data[0] ?? null, website.currency, words),
	);
}

/** @param {Period} period @param {Query} query @param {Query | null} past */
function showSeries(period, query, past) {
	const wanted = /** @type {any} */ (view.interval);
	const interval = period.intervals.includes(wanted) ? wanted : period.usual;
	new Pills(
		intervals,
		period.intervals.map((value) => ({ value, label: value })),
		(value) => showView({ ...view, interval: value === period.usual ? "" : value }),
	).press(interval);
	const more = { fields: SERIES, interval, limit: "1000" };
	const both = [query, past]
		.filter((one) => one !== null)
		.map((one) => asked("getTimeseries", { ...more, ...one }));
	void series.show(both, ([{ body }, then]) => {
		const { currency } = website;
		const all = bucketsOf(body);
		const buckets = period.before === null ? withoutEmptyBegin(all) : all;
		if (period.before === null) firstDay = buckets[0]?.timestamp.slice(0, 10) ?? "";
		const hasSales = Boolean(body.totals.payments || body.totals.revenue);
		const isOpen = period.dates.endAt.includes("T");
		const totals = then?.body.totals.visitors ? then.body.totals : null;
		const before = totals === null ? [] : bucketsOf(then.body);
		chart.show({ buckets, before, interval: body.interval, currency, hasSales, isOpen });
		return [legend(body.totals, totals, currency, hasSales, period.words), chart.element];
	});
}

/** Returns the buckets of a time series. Throws TypeError if one of them lacks something. @param {any} body */
function bucketsOf({ data }) {
	for (const { timestamp, visitors, sessions, revenue, revenueBreakdown } of data) {
		const { new: fresh, renewal } = revenueBreakdown;
		if (![Date.parse(timestamp), visitors, sessions, revenue, fresh, renewal].every(Number.isFinite))
			throw new TypeError("a bucket lacks something");
	}
	return data;
}

/** Returns the buckets without the empty ones at the beginning. @param {any[]} buckets */
function withoutEmptyBegin(buckets) {
	const first = buckets.findIndex(({ visitors, revenue }) => visitors || revenue);
	return first < 0 ? buckets.slice(-1) : buckets.slice(first);
}

/** @param {Filters} filters */
function filter(filters) {
	showView({ ...view, filters });
}

/** @param {string} period */
function choosePeriod(period) {
	const { startAt, endAt } = periodOf(view.period, view.from, view.to, website.now, website.timeZone).dates;
	const isOpen = endAt.includes("T");
	// "All time" begins years before the website.
	const from = (view.period === "all" && firstDay) || startAt;
	const custom =
		period === "custom"
			? { from, to: isOpen ? day(website.now, website.timeZone) : endAt }
			: { from: "", to: "" };
	showView({ ...view, period, ...custom, interval: "" });
}

/** Updates the banner, as long as the controls answer. */
async function watchFaults() {
	if (settings === null || document.hidden) return;
	const mine = turn;
	await unlessRefused(async () => {
		const now = await readSettings(view.key);
		if (mine === turn) showFaults(now);
	});
}

/** @param {Settings | null} known null if the controls do not tell the settings */
function showFaults(known) {
	settings = known;
	if (known === null) banner.hide();
	else banner.show(view.key, known);
}

/** Runs an action that needs the controls, which may refuse it, or not answer. @param {() => Promise<void>} act */
async function unlessRefused(act) {
	try {
		await act();
	} catch (error) {
		if (!(error instanceof ControlProblem)) throw error;
		showFaults(null);
	}
}

/** Writes an instant in the local time of a time zone. @param {number} instant @param {string} timeZone */
function local(instant, timeZone) {
	return Number.isFinite(instant)
		? new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" }).format(instant)
		: dateTime(0);
}
