// A panel: it requests its answers and draws them, or shows why there are none, with a button to try again.

import { Trouble } from "../api.js";
import { at, button, h } from "../dom.js";

export class Panel {
	#asking = new AbortController();
	/** @type {Asked[]} */
	#asked = [];
	/** @type {(answers: Answered[]) => (Node | string)[]} */
	#draw = () => [];
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#counting;

	/**
	 * @param {string} id of its section, which has a header with a title
	 * @param {Requests} requests
	 * @param {(asked: Asked) => void} inspect shows a request with its answer
	 */
	constructor(id, requests, inspect) {
		this.section = at(id);
		this.requests = requests;
		const title = this.section.querySelector("h2");
		title.id = `${id}-title`;
		this.section.setAttribute("aria-labelledby", title.id);
		this.body = h("div", { class: "body", "aria-busy": "true" });
		this.tools = h("span", { class: "tools" });
		this.code = button(
			{
				class: "code",
				title: "The request behind this panel",
				"aria-label": `Show the request: ${title.textContent}`,
				onclick: () => inspect(this.#asked[0]),
			},
			"</>",
		);
		this.section.querySelector("header").append(this.tools, this.code);
		this.section.append(this.body);
		window.addEventListener("online", () => {
			if (this.section.dataset.state === "failed") void this.#ask();
		});
	}

	/**
	 * Sends requests, and draws the answers. Earlier requests without an answer are aborted.
	 * @param {Asked[]} asked the first is shown as the panel's request
	 * @param {(answers: Answered[]) => (Node | string)[]} draw
	 */
	show(asked, draw) {
		this.#asked = asked;
		this.#draw = draw;
		return this.#ask();
	}

	/** Shows a text instead of answers, because there is nothing to request. @param {string} text */
	say(text) {
		this.leave();
		this.code.hidden = true;
		this.#become("empty", h("p", { class: "empty" }, text));
	}

	/** Aborts the requests. */
	leave() {
		this.#asking.abort();
		clearInterval(this.#counting);
	}

	async #ask() {
		this.leave();
		this.#asking = new AbortController();
		const { signal } = this.#asking;
		this.code.hidden = false;
		this.section.dataset.state = "loading";
		this.body.setAttribute("aria-busy", "true");
		if (this.body.querySelector(".failure") !== null || this.body.childElementCount === 0)
			this.body.replaceChildren(h("div", { class: "skeleton" }));
		try {
			const answers = await Promise.all(this.#asked.map((asked) => this.requests.ask(asked, signal)));
			if (!signal.aborted) this.#become("shown", ...this.#draw(answers));
		} catch (error) {
			if (!signal.aborted) this.#fail(error);
		}
	}

	/** Shows other content; the focus stays on the same part of it. @param {string} state @param {...(Node | string)} content */
	#become(state, ...content) {
		const focused = this.body.contains(document.activeElement) ? nameOf(document.activeElement) : null;
		this.section.dataset.state = state;
		this.body.removeAttribute("aria-busy");
		this.body.replaceChildren(...content);
		if (focused === null) return;
		const same = [...this.body.querySelectorAll("button:not(:disabled)")].find(
			(one) => nameOf(one) === focused,
		);
		(same ?? this.code).focus();
	}

	/** Shows why there are no answers, and sends the requests again when the API allows it. @param {any} error */
	#fail(error) {
		const isTrouble = error instanceof Trouble;
		if (!isTrouble && !(error instanceof TypeError || error instanceof RangeError)) throw error;
		const problem = !isTrouble ? "A documented member is missing or has the wrong type." : error.said;
		const retry = button({ onclick: () => this.#ask() }, "Try again");
		this.#become(
			"failed",
			h("div", { class: "failure", role: "status" }, h("p", { class: "problem" }, problem), retry),
		);
		if (isTrouble && error.status === 429 && error.retryAfter) this.#countDown(error.retryAfter, retry);
	}

	/** @param {number} seconds @param {HTMLButtonElement} retry */
	#countDown(seconds, retry) {
		const end = performance.now() + 1000 * seconds;
		const tick = () => {
			const left = Math.ceil((end - performance.now()) / 1000);
			retry.disabled = left > 0;
			retry.textContent = left > 0 ? `Trying again in ${left} s` : "Try again";
			if (left <= 0) void this.#ask();
		};
		tick();
		this.#counting = setInterval(tick, 1000);
	}
}

/** @param {Element | null} element */
function nameOf(element) {
	return element?.getAttribute("aria-label") ?? element?.getAttribute("title") ?? element?.textContent ?? "";
}
