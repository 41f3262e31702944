// The switches: website, time, revision, faults and rate limit, for one key or for all.

import { Banner, repair } from "./banner.js";
import { Breaking } from "./breaking.js";
import { ControlProblem, get, patch, put } from "./controls.js";
import { at, h, say } from "./dom.js";
import { choices, Pills } from "./pills.js";
import { isEqual } from "./rules.js";

const SPEEDS = [1, 10, 60];
const STEPS = {
	"−1 h": -3_600_000,
	"−1 min": -60_000,
	"+1 s": 1000,
	"+1 min": 60_000,
	"+1 h": 3_600_000,
	"+1 d": 86_400_000,
};
const LIMITS = { "server’s default": null, "3/min": 3, "20/min": 20, "60/min": 60 };
const REVISIONS = {
	"2026-02":
		"The answers documented in early 2026: system.browser is an object, visitors have fifteen members with coordinates.",
	"2026-06":
		"The answers documented since mid 2026: system.browser is a string, visitors have six members and no coordinates.",
};

export class Switches {
	/** @type {Held | null} */
	#held = null;
	#isForAll = false;
	/** Whether the choices are listed. */
	#isPrepared = false;
	/** The queue of changes; each change waits for the previous one, and reads its result. */
	#queue = Promise.resolve();
	/** Whether the last problem was that no answer came. */
	#isOutage = false;

	/**
	 * @param {() => Promise<void>} changed called after each change
	 * @param {(websiteId: string) => void} chooseWebsite called if an account token changes its website
	 */
	constructor(changed, chooseWebsite) {
		this.changed = changed;
		this.chooseWebsite = chooseWebsite;
		this.scope = new Pills(
			at("scope"),
			[
				{ value: false, label: "this key" },
				{ value: true, label: "every key" },
			],
			(isForAll) => this.#choose(isForAll),
		);
		this.speeds = new Pills(
			at("speeds"),
			SPEEDS.map((value) => ({
				value,
				label: `×${value}`,
				title: `${value} seconds pass in each real second`,
			})),
			(speed) => this.#ownClock({ speed, frozen: false }),
		);
		this.steps = new Pills(at("steps"), choices(STEPS), (advance) => this.#clock({ advance }));
		this.revisions = new Pills(
			at("revisions"),
			Object.keys(REVISIONS).map((value) => ({ value, label: value })),
			(revision) => this.#set({ revision }),
		);
		this.limits = new Pills(at("limits"), choices(LIMITS), (limit) =>
			this.#set({ rateLimit: limit === null ? null : { limit, window: 60 } }),
		);
		this.banner = new Banner(() => {
			const held = this.#held;
			if (held !== null) void this.#do(() => repair(held.key, held));
		});
		this.breaking = new Breaking((changed) => void this.#change(changed));
		at("play").addEventListener("click", () => this.#ownClock({ frozen: !this.#held?.state.frozen }));
		at("website").addEventListener("change", () => this.#website());
		at("defaults").addEventListener("click", () => this.#reset());
		at("present").addEventListener("click", () => this.#clock({ now: new Date().toISOString() }));
		at("jump").addEventListener("submit", (/** @type {Event} */ event) => {
			event.preventDefault();
			void this.#clock({ now: `${at("instant").value}Z` });
		});
	}

	/** Disables the switches until the present state is known. */
	wait() {
		this.#held = null;
		this.banner.hide();
		for (const id of ["clock", "switch-board"]) at(id).disabled = true;
	}

	/** @param {Held} held */
	show(held) {
		const isOther = this.#held?.key !== held.key;
		this.#held = held;
		if (!this.#isPrepared) this.#prepare(held);
		for (const id of ["clock", "switch-board"]) at(id).disabled = false;
		const { state, own, common } = held;
		const revision = this.#isForAll ? common.revision : state.revision;
		this.scope.press(this.#isForAll);
		say(at("scope-text"), this.#isForAll ? overrides(held.key, own) : "");
		this.speeds.press(state.frozen ? null : state.speed);
		this.revisions.press(revision);
		say(
			at("revision-text"),
			REVISIONS[/** @type {keyof typeof REVISIONS} */ (revision)] ??
				"The revision with which the mock was started.",
		);
		if (this.#isOutage) this.#complain("");
		const limit = this.#settings().rateLimit;
		this.limits.press(limit === null ? null : limit.window === 60 ? limit.limit : undefined);
		const label = state.frozen ? "Start the clock" : "Pause the clock";
		at("play").setAttribute("aria-label", label);
		at("play").title = label;
		say(at("play").firstElementChild, state.frozen ? "▶" : "❚❚");
		if (isOther) at("instant").value = state.now.slice(0, 19);
		this.#showWebsite();
		this.breaking.show(this.#settings());
		this.banner.show(held.key, held);
	}

	/** Returns the documented statuses of an operation. @param {string} operation @returns {number[]} */
	statuses(operation) {
		return this.#held?.operations.find(({ operationId }) => operationId === operation)?.statuses ?? [];
	}

	/** Adds a rule before the other rules of a key; null means the rules for all keys. @param {any} rule @param {string | null} key */
	add(rule, key) {
		return this.#rewrite(key, (faults) => [rule, ...faults]);
	}

	/** Removes a rule of a key; null means a rule for all keys. @param {any} rule @param {string | null} key */
	drop(rule, key) {
		return this.#rewrite(key, (faults) => faults.filter((other) => !isEqual(other, rule)));
	}

	/** @param {string | null} key @param {(faults: any[]) => any[]} changed */
	#rewrite(key, changed) {
		this.#isForAll = key === null;
		return this.#do(async () =>
			patch("/settings", { faults: changed((await get("/settings", { key })).faults) }, { key }),
		);
	}

	/** @param {Held} held */
	#prepare({ sites, operations }) {
		this.#isPrepared = true;
		at("website").append(
			h("option", { value: "" }, "(as started)"),
			...sites.map(({ name, description }) => h("option", { value: name, title: description }, name)),
		);
		this.breaking.offer(operations);
	}

	#showWebsite() {
		const { state, common, sites } = /** @type {Held} */ (this.#held);
		const name = this.#isForAll ? common.site : state.site;
		const select = at("website");
		if (document.activeElement !== select) select.value = name ?? "";
		const site = sites.find((each) => each.name === name);
		say(at("website-text"), site?.description ?? "The website with which the mock was started.");
	}

	#settings() {
		const { own, common } = /** @type {Held} */ (this.#held);
		return this.#isForAll ? common : own;
	}

	#scope() {
		return { key: this.#isForAll ? null : /** @type {Held} */ (this.#held).key };
	}

	/** @param {boolean} isForAll */
	#choose(isForAll) {
		this.#isForAll = isForAll;
		if (this.#held !== null) this.show(this.#held);
	}

	#website() {
		const { state, sites } = /** @type {Held} */ (this.#held);
		const name = at("website").value;
		if (state.permissions === null || this.#isForAll) void this.#set({ site: name === "" ? null : name });
		else if (name !== "") this.chooseWebsite(sites.find((site) => site.name === name).websiteId);
	}

	#reset() {
		const scope = this.#scope();
		void this.#do(() => put("/settings", {}, scope));
	}

	/** @param {any} change */
	#set(change) {
		return this.#change(() => change);
	}

	/** Changes the settings once all earlier changes are done. @param {(settings: any) => any} changed */
	#change(changed) {
		const scope = this.#scope();
		return this.#do(async () => patch("/settings", changed(await get("/settings", scope)), scope));
	}

	/** @param {any} change */
	#clock(change) {
		const scope = this.#scope();
		return this.#do(() => put("/clock", change, scope));
	}

	/** Changes the key's clock, which the header shows. @param {any} change */
	#ownClock(change) {
		const { key } = /** @type {Held} */ (this.#held);
		return this.#do(() => put("/clock", change, { key }));
	}

	/** @param {() => Promise<any>} act */
	#do(act) {
		this.#queue = this.#queue.then(async () => {
			this.#complain("");
			try {
				await act();
			} catch (error) {
				if (!(error instanceof ControlProblem)) throw error;
				this.#isOutage = error.status === 0;
				this.#complain(error.message);
			}
			await this.changed();
		});
		return this.#queue;
	}

	/** @param {string} problem empty if there is none */
	#complain(problem) {
		at("switch-problem").hidden = problem === "";
		say(at("switch-problem"), problem);
	}
}

/** Shows the settings that a key has of its own. @param {string} key @param {any} own */
function overrides(key, own) {
	const names = { site: "website", revision: "revision", rateLimit: "rate limit" };
	const set = Object.entries(names).flatMap(([name, text]) => (own[name] === null ? [] : [text]));
	return set.length === 0 ? "" : `${key} has settings of its own: ${set.join(", ")}.`;
}
