// The time series as a chart or a table: visitors are a line, revenue is bars, the period before is a faint line.

import { button, h, s } from "../dom.js";
import { counted } from "../format.js";
import { amount, short, shortMoney, ticks } from "./numbers.js";

const HEIGHT = 250;
const TOP = 12;
const BOTTOM = 24;
const LEFT = 44;
/** The least distance of two labels of the time axis, in pixels. */
const LABEL = 64;

export class Chart {
	/** @type {Series | null} */
	#series = null;
	#chosen = -1;
	#isTable = false;

	constructor() {
		this.element = h("div", { class: "chart" });
		this.toggle = button({ "aria-pressed": "false", onclick: () => this.#turn() }, "Table");
		new ResizeObserver(() => this.#draw()).observe(this.element);
	}

	/** @param {Series} series */
	show(series) {
		this.#series = series;
		this.#chosen = -1;
		this.#draw();
	}

	#turn() {
		this.#isTable = !this.#isTable;
		this.toggle.setAttribute("aria-pressed", String(this.#isTable));
		this.#draw();
	}

	#draw() {
		const width = this.element.clientWidth;
		if (this.#series === null || width === 0) return;
		if (this.#isTable) this.element.replaceChildren(table(this.#series));
		else this.#drawChart(this.#series, width);
	}

	/** @param {Series} series @param {number} width */
	#drawChart(series, width) {
		const scale = scaled(series, width);
		const cursor = s("g", { class: "cursor" });
		const tip = h("div", { class: "tip", hidden: true });
		const count = series.buckets.length;
		const plot = h(
			"div",
			{
				class: "plot",
				tabindex: "0",
				role: "slider",
				"aria-label": "Visitors over time. The arrow keys go from value to value.",
				"aria-valuemin": "0",
				"aria-valuemax": String(Math.max(count - 1, 0)),
			},
			s(
				"svg",
				{ width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" },
				...axes(series, scale),
				area(series, scale),
				...bars(series, scale),
				...lines(series, scale),
				cursor,
			),
			tip,
		);
		const tell = (/** @type {number} */ n) => {
			plot.setAttribute("aria-valuenow", String(n));
			plot.setAttribute("aria-valuetext", readOut(series, n).flat().join(" "));
		};
		const choose = (/** @type {number} */ n) => {
			this.#chosen = Math.min(Math.max(n, 0), count - 1);
			point(series, scale, this.#chosen, cursor, tip);
			tell(this.#chosen);
		};
		const leave = () => {
			tip.hidden = true;
			cursor.replaceChildren();
		};
		plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) =>
			choose(Math.floor((event.clientX - plot.getBoundingClientRect().left - LEFT) / scale.step)),
		);
		plot.addEventListener("pointerleave", leave);
		plot.addEventListener("blur", leave);
		plot.addEventListener("focus", () => choose(this.#chosen < 0 ? count - 1 : this.#chosen));
		plot.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
			const to = /** @type {Record<string, number>} */ ({
				ArrowLeft: this.#chosen - 1,
				ArrowRight: this.#chosen + 1,
				Home: 0,
				End: count - 1,
			})[event.key];
			if (to === undefined) return;
			event.preventDefault();
			choose(to);
		});
		tell(count - 1);
		this.element.replaceChildren(plot);
	}
}

/** @typedef {ReturnType<typeof scaled>} Scale */

/** Returns where times, visitors and amounts are in the drawing. @param {Series} series @param {number} width */
function scaled({ buckets, before, hasSales, currency }, width) {
	const most = (/** @type {any[]} */ rows, /** @type {(row: any) => number} */ value) =>
		rows.reduce((so, row) => Math.max(so, value(row)), 0);
	const people = ticks(most([...buckets, ...before], ({ visitors }) => visitors) || 4, 4, true);
	const money = ticks(most(buckets, gross) || 4, people.length - 1, false);
	const longest = Math.max(...money.map((value) => shortMoney(value, currency).length));
	const right = hasSales ? 16 + 7 * longest : 12;
	// Both axes have the same lines.
	const count = Math.max(people.length, money.length);
	const height = HEIGHT - TOP - BOTTOM;
	const step = (width - LEFT - right) / Math.max(buckets.length, 1);
	const end = (/** @type {number[]} */ all) => (all[1] ?? 1) * (count - 1);
	return {
		width,
		right: width - right,
		step,
		people,
		money,
		x: (/** @type {number} */ n) => LEFT + (n + 0.5) * step,
		y: (/** @type {number} */ visitors) => TOP + height * (1 - visitors / end(people)),
		yOfMoney: (/** @type {number} */ value) => TOP + height * (1 - value / end(money)),
	};
}

/** Returns new and renewed revenue, before refunds. @param {any} bucket */
function gross({ revenueBreakdown: { new: fresh, renewal } = { new: 0, renewal: 0 } }) {
	return fresh + renewal;
}

/** @param {Series} series @param {Scale} scale */
function axes({ buckets, interval, currency, hasSales }, scale) {
	const labels = buckets.map(({ timestamp }) => label(timestamp, interval, buckets.length));
	const shown = labels.map((text, n) => ({ text, n })).filter(({ text }) => text !== "");
	const every = Math.max(1, Math.ceil((LABEL * shown.length) / (scale.right - LEFT)));
	return [
		...scale.people.map((value) => {
			const y = scale.y(value);
			return s(
				"g",
				{},
				s("line", { class: "grid", x1: LEFT, x2: scale.right, y1: y, y2: y }),
				s("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, short(value)),
			);
		}),
		...(hasSales
			? scale.money.map((value) =>
					s("text", { x: scale.right + 8, y: scale.yOfMoney(value) + 4 }, shortMoney(value, currency)),
				)
			: []),
		...shown
			.filter((_, n) => n % every === 0)
			.map(({ text, n }) => s("text", { x: scale.x(n), y: HEIGHT - 6, "text-anchor": "middle" }, text)),
	];
}

/** @param {Series} series @param {Scale} scale */
function bars({ buckets, hasSales }, scale) {
	if (!hasSales) return [];
	const width = Math.max(1, Math.min(18, scale.step * 0.45));
	const bar = (
		/** @type {string} */ kind,
		/** @type {number} */ n,
		/** @type {number} */ from,
		/** @type {number} */ to,
	) =>
		s("rect", {
			class: kind,
			x: scale.x(n) - width / 2,
			width,
			y: scale.yOfMoney(to),
			height: Math.max(0, scale.yOfMoney(from) - scale.yOfMoney(to)),
		});
	return buckets.flatMap((bucket, n) => {
		const { new: fresh, renewal } = bucket.revenueBreakdown;
		return [bar("of-new", n, 0, fresh), bar("of-renewal", n, fresh, fresh + renewal)];
	});
}

/** Returns the area below the visitors' line, which is drawn behind the bars. @param {Series} series @param {Scale} scale */
function area({ buckets, isOpen }, scale) {
	const closed = over(buckets, isOpen);
	const [left, right, bottom] = [scale.x(0), scale.x(closed.length - 1), scale.y(0)];
	const d = closed.length === 0 ? "" : `${path(scale, closed)}L${right} ${bottom}L${left} ${bottom}Z`;
	return s("path", { class: "area", d });
}

/** Returns the buckets whose time is over; a single bucket is returned even if it is not over. @param {any[]} buckets @param {boolean} isOpen */
function over(buckets, isOpen) {
	return isOpen && buckets.length > 1 ? buckets.slice(0, -1) : buckets;
}

/** @param {Scale} scale @param {any[]} rows @param {number} [from] the place of the first row */
function path(scale, rows, from = 0) {
	return rows
		.map(({ visitors }, n) => `${n === 0 ? "M" : "L"}${scale.x(n + from)} ${scale.y(visitors)}`)
		.join("");
}

/** @param {Series} series @param {Scale} scale */
function lines({ buckets, before, isOpen }, scale) {
	const closed = over(buckets, isOpen);
	return [
		s("path", { class: "line-before", d: path(scale, before.slice(0, buckets.length)) }),
		s("path", { class: "line", d: path(scale, closed) }),
		closed === buckets
			? null
			: s("path", { class: "line open", d: path(scale, buckets.slice(-2), closed.length - 1) }),
		...(buckets.length <= 2 ? buckets.map(({ visitors }, n) => dot(scale, n, visitors)) : []),
	].filter((part) => part !== null);
}

/** @param {Scale} scale @param {number} n @param {number} visitors */
function dot(scale, n, visitors) {
	return s("circle", { class: "dot-of-line", cx: scale.x(n), cy: scale.y(visitors), r: 4 });
}

/** Shows a bucket's figures beside a line at its time. @param {Series} series @param {Scale} scale @param {number} n @param {any} cursor @param {any} tip */
function point(series, scale, n, cursor, tip) {
	if (series.buckets.length === 0) return;
	const x = scale.x(n);
	cursor.replaceChildren(
		s("line", { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }),
		dot(scale, n, series.buckets[n].visitors),
	);
	const [title, ...rows] = readOut(series, n);
	tip.replaceChildren(
		h("b", {}, title[0]),
		...rows.map(([name, value]) => h("span", {}, h("span", {}, name), h("span", {}, value))),
	);
	tip.hidden = false;
	const left = x + 14 + tip.offsetWidth > scale.width ? x - 14 - tip.offsetWidth : x + 14;
	tip.style.translate = `${Math.max(left, 0)}px ${TOP}px`;
}

/** Returns a bucket's time, and its figures by their names. @param {Series} series @param {number} n @returns {string[][]} */
function readOut({ buckets, before, interval, currency, hasSales }, n) {
	const bucket = buckets[n];
	if (bucket === undefined) return [];
	const rows = [[title(bucket.timestamp, interval)], ["Visitors", counted(bucket.visitors)]];
	if (before[n] !== undefined) rows.push(["Period before", counted(before[n].visitors)]);
	if (hasSales) {
		const { new: fresh, renewal, refund } = bucket.revenueBreakdown;
		rows.push(["Revenue", amount(bucket.revenue, currency)]);
		rows.push(["New", amount(fresh, currency)], ["Renewals", amount(renewal, currency)]);
		if (refund) rows.push(["Refunds", amount(-refund, currency)]);
	}
	return rows;
}

/** @param {Series} series */
function table({ buckets, interval, currency, hasSales }) {
	const names = [
		"Time",
		"Visitors",
		"Sessions",
		...(hasSales ? ["Revenue", "New", "Renewals", "Refunds"] : []),
	];
	return h(
		"div",
		{ class: "table", tabindex: "0", role: "region", "aria-label": "The time series as a table" },
		h(
			"table",
			{},
			h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))),
			h(
				"tbody",
				{},
				...buckets.map((bucket) => {
					const { new: fresh, renewal, refund } = bucket.revenueBreakdown;
					const money = [bucket.revenue, fresh, renewal, refund].map((value) =>
						h("td", {}, h("data", { value }, amount(value, currency, true))),
					);
					return h(
						"tr",
						{},
						h("th", { scope: "row" }, title(bucket.timestamp, interval)),
						...[bucket.visitors, bucket.sessions].map((value) =>
							h("td", {}, h("data", { value }, counted(value))),
						),
						...(hasSales ? money : []),
					);
				}),
			),
		),
	);
}

/** Writes a bucket's time for the axis; empty for hours within a day among many days. @param {string} timestamp @param {string} interval @param {number} count */
function label(timestamp, interval, count) {
	if (interval === "month") {
		const [year, month] = timestamp.split("-");
		return month === "01" ? year : wall(timestamp, { month: "short" });
	}
	if (interval !== "hour") return wall(timestamp, { day: "numeric", month: "short" });
	const hour = timestamp.slice(11, 16);
	if (count <= 25) return hour;
	return hour.startsWith("00") ? wall(timestamp, { day: "numeric", month: "short" }) : "";
}

/** Writes a bucket's time in full. @param {string} timestamp @param {string} interval */
function title(timestamp, interval) {
	if (interval === "month") return wall(timestamp, { month: "long", year: "numeric" });
	const day = wall(timestamp, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
	if (interval === "hour") return `${day}, ${timestamp.slice(11, 16)}`;
	return interval === "week" ? `Week from ${day}` : day;
}

/** Writes the local time of a timestamp, in the timestamp's own offset. @param {string} timestamp @param {Intl.DateTimeFormatOptions} options */
function wall(timestamp, options) {
	return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(
		Date.parse(`${timestamp.slice(0, 19)}Z`),
	);
}
