// The journal: the requests of clients, the stages that decided their answers, and findings.

import { download, get, remove } from "./controls.js";
import { differently } from "./differently.js";
import { at, h, reconcile, say } from "./dom.js";
import { entry } from "./entries.js";
import { counted } from "./format.js";
import { isKey } from "./key.js";

const MOST_KEPT = 500;
const MOST_SHOWN = 100;
/** The members by which the list is filtered, each with the id of its field. */
const FILTERS = { method: "journal-method", operation: "journal-operation", keyName: "journal-scope" };
/** The mark before a choice that was found in a request. */
const FOUND = "=";

export class Journal {
	/** @type {any[]} oldest first */
	#requests = [];
	#last = 0;
	#key = "";
	/** The number of restarts of the list; answers to requests from before the last restart are ignored. */
	#turn = 0;

	/**
	 * @param {(act: () => Promise<void>) => Promise<void>} guard runs an action that the controls may refuse
	 * @param {Rules} rules
	 */
	constructor(guard, rules) {
		this.guard = guard;
		this.actions = {
			whole: (/** @type {any} */ request) => this.#whole(request),
			differently: (/** @type {any} */ request) => differently(request, this.#tokenOf(request), rules),
		};
		this.rows = at("journal-rows");
		for (const id of ["journal-status", "journal-lint", "journal-search", FILTERS.method, FILTERS.operation])
			at(id).addEventListener("input", () => this.#show());
		at("journal-scope").addEventListener("input", () => this.#begin());
		at("journal-clear").addEventListener("click", () => this.#clear());
		at("journal-har").addEventListener("click", () => this.#save());
	}

	/** Sets the key that "this key" means; empty if there is none yet. @param {string} key */
	use(key) {
		this.#key = key;
		if (at("journal-scope").value === "key") this.#begin();
		else this.#show();
	}

	/** Fetches new requests, or all after a restart of the mock. Throws ControlProblem. */
	async poll() {
		if (this.#isWaiting) return;
		const turn = this.#turn;
		const key = this.#scope();
		const [newest] = (await get("/requests", { key, limit: 1 })).requests;
		if (turn !== this.#turn || newest === undefined) return;
		await this.#finish(key, turn);
		if (turn !== this.#turn || isSame(newest, this.#requests.at(-1))) return;
		const isAnew = newest.number <= this.#last;
		const before = this.#last;
		const after = isAnew || before === 0 ? null : before;
		const { requests } = await get("/requests", { key, limit: MOST_KEPT, after });
		// Another poll may have fetched the same requests meanwhile.
		if (turn !== this.#turn || before !== this.#last || requests.length === 0) return;
		this.#last = requests.at(-1).number;
		this.#requests = [...(isAnew ? [] : this.#requests), ...requests].slice(-MOST_KEPT);
		this.#show();
	}

	/** Fetches again the requests whose answers were not finished. @param {string | null} key @param {number} turn */
	async #finish(key, turn) {
		const open = this.#requests.find(({ duration }) => duration === null);
		if (open === undefined) return;
		const later = (await get("/requests", { key, limit: MOST_KEPT, after: open.number - 1 })).requests;
		if (turn !== this.#turn) return;
		const found = new Map(later.map((/** @type {any} */ request) => [request.number, request]));
		this.#requests = this.#requests.map((request) => {
			const again = found.get(request.number);
			return again !== undefined && isSame(again, request) && request.duration === null ? again : request;
		});
		this.#show();
	}

	/** Whether the list is that of "this key", and the key is not known yet. */
	get #isWaiting() {
		return at("journal-scope").value === "key" && this.#key === "";
	}

	async #save() {
		await this.guard(() => download("/requests", { key: this.#scope(), format: "har" }, "datafast-mock.har"));
	}

	/** Returns a request with its whole answer, or unchanged if the mock no longer has it. @param {any} request */
	async #whole(request) {
		let found = request;
		await this.guard(async () => {
			const asked = { key: this.#scope(), after: request.number - 1, limit: 1, bodies: "whole" };
			const [again] = (await get("/requests", asked)).requests;
			if (isSame(request, again)) found = again;
		});
		return found;
	}

	/** Returns the token of a request's key; null if only its name is known. @param {any} request */
	#tokenOf({ keyName }) {
		if (at("journal-scope").value === "key") return this.#key;
		return isKey(keyName ?? "") ? keyName : null;
	}

	#scope() {
		return at("journal-scope").value === "key" ? this.#key : null;
	}

	#begin() {
		this.#turn += 1;
		this.#last = 0;
		this.#requests = [];
		this.#show();
		void this.guard(() => this.poll());
	}

	async #clear() {
		await this.guard(() => remove("/requests", { key: this.#scope() }));
		this.#begin();
	}

	#show() {
		const status = at("journal-status").value;
		const isLint = at("journal-lint").checked;
		const wanted = at("journal-search").value.trim().toLowerCase();
		const filters = Object.entries(FILTERS).map(([member, id]) => ({
			member,
			chosen: this.#offer(id, member),
		}));
		const shown = this.#requests.filter(
			(request) =>
				filters.every(({ member, chosen }) => chosen === null || request[member] === chosen) &&
				String(request.status ?? "none").startsWith(status) &&
				(!isLint || request.lint.length > 0) &&
				(wanted === "" || JSON.stringify(request).toLowerCase().includes(wanted)),
		);
		/** @param {any} request */
		const id = ({ number, time }) => `${number} ${time}`;
		// A row is made again when its answer is finished, and stays open.
		const open = new Set([...this.rows.querySelectorAll("details[open]")].map((row) => row.dataset.id));
		reconcile(
			this.rows,
			shown.slice(-MOST_SHOWN).reverse(),
			(request) => `${id(request)} ${request.duration === null}`,
			(request) => {
				const row = entry(request, this.actions);
				row.dataset.id = id(request);
				row.open = open.has(row.dataset.id);
				return row;
			},
		);
		for (const id of ["journal-har", "journal-clear"]) at(id).disabled = this.#requests.length === 0;
		at("journal-empty").hidden = shown.length > 0;
		const isFiltered = this.#requests.length > 0;
		say(at("journal-empty-text"), isFiltered ? noneOf(this.#requests.length) : "No request yet.");
		at("journal-start").hidden = isFiltered;
	}

	/** Offers the values of a member in its field, and returns the chosen one; null if none is chosen. @param {string} id @param {string} member */
	#offer(id, member) {
		const field = at(id);
		const known = [...field.options].map((/** @type {HTMLOptionElement} */ { value }) => value);
		for (const found of new Set(this.#requests.map((request) => request[member])))
			if (found !== null && !known.includes(FOUND + found))
				field.append(h("option", { value: FOUND + found }, found));
		return field.value.startsWith(FOUND) ? field.value.slice(FOUND.length) : null;
	}
}

/** @param {number} count */
function noneOf(count) {
	return count === 1 ? "The only request does not match." : `None of the ${counted(count)} requests matches.`;
}

/** @param {any} one @param {any} other */
function isSame(one, other) {
	return one.number === other?.number && one.time === other?.time;
}
