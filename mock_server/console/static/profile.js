// The profile of one visitor, as `GET /visitors/{visitorId}` answers it.

import { Trouble } from "./api.js";
import { at, button, h, s } from "./dom.js";
import { ago, counted, dateTime, length, place } from "./format.js";
import { nameOf } from "./names.js";
import { avatar, flag } from "./pictures.js";

/** The number of newest pages and goals that are shown; older ones are shown on demand. */
const FIRST_SHOWN = 40;
/** The longest time between two page views of one visit, in ms. */
const NEW_VISIT = 1_800_000;

export class Profile {
	/** The id of the visitor whose profile is open, or empty. */
	opened = "";
	#showsAll = false;
	#asking = new AbortController();
	/** The time of the latest answer; infinite while one is awaited. */
	#answeredAt = Number.POSITIVE_INFINITY;
	/** The element that had the focus before the profile opened. @type {any} */
	#before = null;

	/** @param {ProfileLinks} links */
	constructor(links) {
		this.panel = at("profile");
		this.links = links;
		this.panel.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
			if (event.key === "Escape") this.close();
		});
	}

	/** The time since the latest answer, in ms; negative while one is awaited. */
	get age() {
		return performance.now() - this.#answeredAt;
	}

	/** Opens the profile of a visitor. @param {string} visitorId */
	open(visitorId) {
		if (this.opened === "") this.#before = document.activeElement;
		this.opened = visitorId;
		this.#showsAll = false;
		this.links.changed(visitorId);
		this.show({ visitorId, ...this.links.about(visitorId), data: null, problem: "" });
		at("profile-title").focus();
		void this.again();
	}

	/** Requests and shows the open profile again, with one request at a time. */
	async again() {
		const visitorId = this.opened;
		if (visitorId === "") return;
		this.#asking.abort();
		this.#asking = new AbortController();
		const { signal } = this.#asking;
		this.#answeredAt = Number.POSITIVE_INFINITY;
		const found = { data: null, problem: "" };
		try {
			Object.assign(found, await this.links.ask(visitorId, signal));
		} catch (error) {
			if (signal.aborted) return;
			if (!(error instanceof Trouble)) throw error;
			found.problem = error.said;
		}
		if (signal.aborted) return;
		this.#answeredAt = performance.now();
		this.show({ visitorId, ...this.links.about(visitorId), ...found });
	}

	close() {
		if (this.opened === "") return;
		this.#asking.abort();
		this.opened = "";
		this.links.changed("");
		this.panel.hidden = true;
		this.panel.replaceChildren();
		if (this.#before?.isConnected) this.#before.focus();
		this.#before = null;
	}

	/** Shows the present profile, or a message if the answer has another shape. @param {Shown} shown */
	show(shown) {
		try {
			this.#draw(shown);
		} catch (error) {
			if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
			const problem = "A documented member is missing or has the wrong type.";
			this.#draw({ ...shown, data: null, problem });
		}
	}

	/** Draws the profile without moving the focus or the scrolled list. @param {Shown} shown */
	#draw(shown) {
		const { data, visitor, visitorId, problem, instant } = shown;
		const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.id;
		const scrolled = this.panel.querySelector(".timeline")?.scrollTop ?? 0;
		const known = data?.profile?.metadata?.name ?? visitor?.name ?? null;
		const name = nameOf({ visitorId, name: known });
		this.panel.hidden = false;
		const parts = [
			h(
				"header",
				{},
				avatar(visitorId),
				h("h2", { id: "profile-title", tabindex: "-1", dir: "auto" }, String(name)),
				h(
					"span",
					{ class: "tools" },
					button(
						{
							id: "profile-request",
							class: "mono",
							title: "Show the request",
							"aria-label": "Show the request",
							onclick: () => this.links.inspect(visitorId),
						},
						"</>",
					),
					button(
						{ id: "profile-close", "aria-label": "Close the profile", onclick: () => this.close() },
						"✕",
					),
				),
			),
			h("p", { class: "faint mono" }, visitorId),
			problem === "" ? null : h("p", { class: "problem" }, problem),
			...(data === null
				? [h("p", { class: "empty" }, problem === "" ? "Asking …" : "")]
				: this.#content(data, visitor, instant, shown)),
		];
		this.panel.replaceChildren(...parts.filter((part) => part !== null));
		const timeline = this.panel.querySelector(".timeline");
		if (timeline !== null) timeline.scrollTop = scrolled;
		if (focused?.startsWith("profile-")) document.getElementById(focused)?.focus();
	}

	/** @param {any} data @param {Shown["visitor"]} visitor @param {number} instant @param {Shown} shown */
	#content({ identity = {}, activity = {}, profile, prediction }, visitor, instant, shown) {
		const isCustomer =
			visitor?.isCustomer ??
			(activity.completedGoals ?? []).some((/** @type {any} */ goal) => goal.type === "payment");
		return [
			h(
				"p",
				{ class: "badges" },
				isCustomer ? badge("customer", "customer") : null,
				profile ? badge("identified") : null,
				visitor === null
					? null
					: visitor === undefined
						? badge("not active")
						: badge(visitor.page === null ? "active" : `on ${visitor.page}`),
			),
			gauge(prediction, isCustomer),
			facts([
				[
					"Place",
					h(
						"span",
						{},
						flag(identity.countryCode),
						" ",
						[identity.city, identity.region, identity.country].filter(Boolean).join(", ") ||
							place(null, identity.countryCode),
					),
				],
				[
					"Device",
					[identity.device?.vendor, identity.device?.model, identity.device?.type].filter(Boolean).join(" "),
				],
				["System", [versioned(identity.browser), versioned(identity.os)].filter(Boolean).join(" on ")],
				[
					"Viewport",
					identity.viewport?.width ? `${identity.viewport.width} × ${identity.viewport.height}` : null,
				],
				["Source", source(identity, visitor)],
				[
					"Visits",
					activity.visitCount === undefined
						? null
						: `${counted(activity.visitCount)}, ${counted(activity.pageViewCount ?? 0)} pages`,
				],
				[
					"First visit",
					activity.firstVisitAt
						? `${dateTime(Date.parse(activity.firstVisitAt))} (${length(activity.timeSinceFirstVisit)} ago)`
						: null,
				],
				[
					"Latest visit",
					activity.lastVisitAt
						? `${dateTime(Date.parse(activity.lastVisitAt))} (${length(activity.timeSinceCurrentVisit)} ago)`
						: null,
				],
				...Object.entries(profile?.metadata ?? {}).map(
					([name, value]) =>
						/** @type {[string, string]} */ ([
							name,
							typeof value === "string" ? value : JSON.stringify(value),
						]),
				),
				["User id", profile?.userId],
			]),
			h("h3", {}, "Path"),
			this.#timeline(activity, instant, shown),
		];
	}

	/** Lists pages and goals, newest first, with a line between visits. @param {any} activity @param {number} instant @param {Shown} shown */
	#timeline({ visitedPages = [], completedGoals = [] }, instant, shown) {
		const steps = [
			...visitedPages.map((/** @type {any} */ page) => ({
				at: Date.parse(page.timestamp),
				text: String(page.url),
				kind: "page",
			})),
			...completedGoals.map((/** @type {any} */ goal) => ({
				at: Date.parse(goal.timestamp),
				text: String(goal.name),
				kind: goal.type === "payment" ? "payment" : "goal",
			})),
		].sort((one, other) => other.at - one.at);
		if (steps.length === 0) return h("p", { class: "empty" }, "No page yet.");
		const some = this.#showsAll ? steps : steps.slice(0, FIRST_SHOWN);
		const rows = some.map((step, i) => {
			const isFirst =
				i + 1 === steps.length || (step.at - steps[i + 1].at > NEW_VISIT && i + 1 <= some.length);
			return h(
				"li",
				{ class: `${step.kind}${isFirst ? " began" : ""}` },
				h(
					"time",
					{ datetime: new Date(step.at).toISOString(), title: dateTime(step.at) },
					ago(instant - step.at),
				),
				h("span", { dir: "auto" }, step.text),
			);
		});
		const rest = steps.length - some.length;
		const more = () => {
			this.#showsAll = true;
			this.show(shown);
		};
		return h(
			"div",
			{ class: "timeline", tabindex: "0", role: "region", "aria-label": "Pages and goals, newest first" },
			h("ol", {}, ...rows),
			rest === 0 ? null : button({ id: "profile-more", onclick: more }, `${counted(rest)} more`),
		);
	}
}

/** @param {string} text @param {string} [kind] */
function badge(text, kind = "") {
	return h("span", { class: `badge ${kind}`, dir: "auto" }, text);
}

/** @param {[string, any][]} rows */
function facts(rows) {
	const known = rows.filter(([, value]) => value);
	return h(
		"dl",
		{ class: "facts" },
		...known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, value))),
	);
}

/** @param {any} thing */
function versioned(thing) {
	return [thing?.name, thing?.version].filter(Boolean).join(" ");
}

/** @param {any} identity @param {Shown["visitor"]} visitor */
function source(identity, visitor) {
	const params = Object.entries(identity.params ?? {}).filter(([, value]) => value);
	const clicks = Object.keys(identity.adClickIds ?? {});
	const parts = [
		visitor?.referrer,
		...params.map(([name, value]) => `${name}=${value}`),
		...clicks.map((name) => `${name} …`),
	];
	return parts.filter(Boolean).join("  ") || "direct";
}

/** Draws the prediction as a half circle. @param {any} prediction @param {boolean} isCustomer */
function gauge(prediction, isCustomer) {
	if (typeof prediction?.score !== "number") {
		return h("p", { class: "faint" }, isCustomer ? "No prediction: already a customer." : "No prediction.");
	}
	const { score, confidence, conversionRate, expectedValue } = prediction;
	const share = Math.min(Math.max(score, 0), 100) / 100;
	const arc = "M 10 55 A 45 45 0 0 1 100 55";
	return h(
		"div",
		{ class: "gauge", role: "img", "aria-label": `Conversion score ${score} of 100` },
		s(
			"svg",
			{ viewBox: "0 0 110 62" },
			s("path", { d: arc, class: "gauge-all" }),
			s("path", { d: arc, class: "gauge-part", pathLength: "100", "stroke-dasharray": `${100 * share} 100` }),
			s("text", { x: "55", y: "52", "text-anchor": "middle" }, String(score)),
		),
		h(
			"p",
			{},
			h("b", {}, "Conversion score"),
			h("br"),
			...[
				conversionRate === undefined ? null : `rate ${(100 * conversionRate).toFixed(1)} %`,
				expectedValue === undefined ? null : `worth $${expectedValue}`,
				confidence === undefined ? null : `${Math.round(100 * confidence)} % sure`,
			]
				.filter(Boolean)
				.flatMap((line) => [h("span", { class: "faint" }, line), h("br")]),
		),
	);
}
