// The dialog with the request behind a panel, in several languages, and its answer as a tree with a search.

import { ask, Trouble } from "./api.js";
import { copy } from "./clipboard.js";
import { at, button, h, say } from "./dom.js";
import { counted, dateTime, size } from "./format.js";
import { Pills } from "./pills.js";
import { LANGUAGES } from "./snippets.js";

/** The number of members of a list or object that are shown at once. */
const MOST_MEMBERS = 100;
const MOST_FOUND = 200;
const LONGEST = 2000;
/** The pause in typing after which a search begins, in ms. */
const TYPING = 150;

export class Answer {
	/** @type {AskedBy | null} */
	#asked = null;
	/** @type {any} */
	#content = null;
	#text = "";
	#asking = new AbortController();
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#typing;

	constructor() {
		this.dialog = at("request");
		this.dialog.append(...content());
		this.languages = new Pills(
			at("request-languages"),
			LANGUAGES.map(({ id, label }) => ({ value: id, label })),
			(language) => this.#choose(language),
		);
		this.#choose(LANGUAGES[0].id);
		at("request-close").addEventListener("click", () => this.dialog.close());
		at("answer-again").addEventListener("click", () => this.#ask());
		at("answer-search").addEventListener("input", () => {
			clearTimeout(this.#typing);
			this.#typing = setTimeout(() => this.#show(), TYPING);
		});
		this.dialog.addEventListener("close", () => this.#asking.abort());
		at("answer-copy").addEventListener("click", () => copy(this.#text));
	}

	/** Closes the request, since it belongs to another key or website. */
	close() {
		this.#asked = null;
		this.dialog.close();
	}

	/** @param {AskedBy} asked */
	open(asked) {
		this.#asked = asked;
		at("answer-search").value = "";
		say(at("request-title"), asked.operation);
		this.#write(null);
		this.dialog.showModal();
		void this.#ask();
	}

	/** Shows the request in one language. @param {string} chosen */
	#choose(chosen) {
		this.languages.press(chosen);
		for (const { id } of LANGUAGES) at(`as-${id}`).closest(".snippet").hidden = id !== chosen;
	}

	/** Writes the request in all languages. @param {any} content the content of the answer; null until it is known */
	#write(content) {
		if (this.#asked === null) return;
		for (const { id, write } of LANGUAGES) say(at(`as-${id}`), write(this.#asked, content));
	}

	async #ask() {
		if (this.#asked === null) return;
		const { caller, operation, visitorId, query } = this.#asked;
		this.#asking.abort();
		this.#asking = new AbortController();
		const { signal } = this.#asking;
		say(at("answer-about"), "Asking …");
		this.#hold("");
		try {
			const { text, took, status, instant } = await ask(caller, operation, { visitorId, query, signal });
			this.#hold(text);
			const parts = [`status ${status}`, size(new Blob([text]).size), `${Math.round(took)} ms`];
			if (Number.isFinite(instant)) parts.push(`as of ${dateTime(instant)} UTC`);
			say(at("answer-about"), parts.join(", "));
		} catch (error) {
			if (signal.aborted) return;
			if (!(error instanceof Trouble)) throw error;
			this.#hold(error.text);
			say(at("answer-about"), error.said);
		}
	}

	/** Shows a text as a tree, or unchanged if it is not JSON. @param {string} text */
	#hold(text) {
		this.#text = text;
		this.#content = undefined;
		at("answer-copy").disabled = text === "";
		try {
			this.#content = JSON.parse(text);
			this.#write(this.#content);
			this.#show();
		} catch {
			at("answer").replaceChildren(text.slice(0, LONGEST));
		}
	}

	#show() {
		const wanted = at("answer-search").value.trim().toLowerCase();
		const tree = at("answer");
		if (this.#content === undefined) tree.replaceChildren();
		else if (wanted === "") tree.replaceChildren(branch("", this.#content, true));
		else tree.replaceChildren(...results(this.#content, wanted));
	}
}

/** Makes the parts of the dialog. */
function content() {
	const pre = (/** @type {string} */ id) => h("pre", { tabindex: "0" }, h("code", { id: `as-${id}` }));
	return [
		h(
			"header",
			{},
			h("h2", { id: "request-title" }),
			button({ id: "request-close", "aria-label": "Close" }, "✕"),
		),
		h("div", { id: "request-languages", class: "pills", role: "group", "aria-label": "Language" }),
		...LANGUAGES.map(({ id, label }) => {
			const copying = () => copy(at(`as-${id}`).textContent);
			return h("div", { class: "snippet" }, pre(id), button({ onclick: copying }, `Copy ${label}`));
		}),
		h(
			"div",
			{ class: "inline" },
			h("h3", { id: "answer-title" }, "Answer"),
			h("input", {
				id: "answer-search",
				type: "search",
				placeholder: "name or value …",
				"aria-label": "Search the answer",
			}),
			button({ id: "answer-again" }, "Ask again"),
			button({ id: "answer-copy" }, "Copy JSON"),
		),
		h("p", { id: "answer-about", class: "faint", role: "status" }),
		h("div", {
			id: "answer",
			class: "tree",
			tabindex: "0",
			role: "region",
			"aria-labelledby": "answer-title",
		}),
	];
}

/** Makes a member of the tree; its own members are made when it is first opened. @param {string} name @param {any} value @param {boolean} isOpen */
function branch(name, value, isOpen) {
	if (typeof value !== "object" || value === null) return leaf(name, value);
	const entries = Object.entries(value);
	const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
	const summary = h(
		"summary",
		{},
		...named(name),
		h("span", { class: "faint" }, `${open} ${counted(entries.length)} ${close}`),
	);
	const details = h("details", {}, summary);
	const fill = () => {
		if (details.childElementCount === 1) members(details, entries, 0);
	};
	details.addEventListener("toggle", fill);
	if (isOpen) {
		fill();
		details.open = true;
		if (name === "")
			/** @type {any} */ for (const child of details.querySelectorAll(":scope > details")) child.open = true;
	}
	return details;
}

/** @param {Element} parent @param {[string, any][]} entries @param {number} from */
function members(parent, entries, from) {
	const end = from + MOST_MEMBERS;
	parent.append(...entries.slice(from, end).map(([name, value]) => branch(name, value, false)));
	if (entries.length <= end) return;
	const more = button({}, `${counted(entries.length - end)} more`);
	more.addEventListener("click", () => {
		more.remove();
		members(parent, entries, end);
	});
	parent.append(more);
}

/** @param {string} name @param {any} value */
function leaf(name, value) {
	const kind = value === null ? "null" : typeof value;
	const text = JSON.stringify(value);
	return h(
		"div",
		{ class: "leaf" },
		...named(name),
		h(
			"span",
			{ class: `value ${kind}`, dir: "auto" },
			text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text,
		),
	);
}

/** @param {string} name */
function named(name) {
	return name === "" ? [] : [h("span", { class: "name" }, name), ": "];
}

/** Finds members whose name or value contains a text, and returns them with JSON pointers. @param {any} content @param {string} wanted */
function results(content, wanted) {
	const found = [...matches(content, wanted, "")];
	const about = found.length > MOST_FOUND ? `The first ${MOST_FOUND} matches` : `${found.length} found`;
	return [
		h("p", { class: "faint" }, about),
		...found
			.slice(0, MOST_FOUND)
			.map(([pointer, value]) =>
				typeof value === "object" && value !== null ? branch(pointer, value, false) : leaf(pointer, value),
			),
	];
}

/** @param {any} value @param {string} wanted @param {string} pointer @returns {Generator<[string, any]>} */
function* matches(value, wanted, pointer) {
	let left = MOST_FOUND + 1;
	for (const [name, member] of Object.entries(value)) {
		const here = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
		const isBranch = typeof member === "object" && member !== null;
		if (name.toLowerCase().includes(wanted) || (!isBranch && String(member).toLowerCase().includes(wanted))) {
			yield [here, member];
			left -= 1;
		} else if (isBranch) {
			for (const match of matches(member, wanted, here)) {
				yield match;
				left -= 1;
				if (left <= 0) return;
			}
		}
		if (left <= 0) return;
	}
}
