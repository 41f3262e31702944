// The requests of all panels. A few are sent at a time, equal requests once, and none during a rate limit.

import { ask, Trouble, urlOf } from "../api.js";

/** The largest number of requests at a time. Over HTTP/1.1 a browser has six connections to a server. */
const MOST = 4;
/** The largest number of cached answers. */
const MOST_KEPT = 300;
/** The longest wait before the next request, in ms. */
const LONGEST = 120_000;

export class Requests {
	/** @type {Map<string, Pending>} */
	#entries = new Map();
	/** @type {(() => void)[]} */
	#waiting = [];
	#running = 0;
	/** The time before which nothing is sent, in ms of `performance.now`, and the refusal that demands the wait. */
	#resume = 0;
	/** @type {Trouble | null} */
	#refusal = null;

	/** @param {() => Caller} caller */
	constructor(caller) {
		this.caller = caller;
	}

	/** Forgets all answers. */
	forget() {
		this.#entries.clear();
	}

	/**
	 * Returns the answer to a request. The request is sent unless an equal one was, and aborted if nobody waits for it.
	 * @param {Asked} asked @param {AbortSignal} signal
	 * @returns {Promise<Answered>}
	 * @throws {Trouble}
	 */
	ask(asked, signal) {
		const url = this.caller().key + urlOf(this.caller(), asked.operation, asked.visitorId, asked.query);
		const entry = this.#entries.get(url) ?? this.#begin(url, asked);
		entry.users += 1;
		signal.addEventListener("abort", () => {
			entry.users -= 1;
			if (entry.users > 0 || entry.isDone) return;
			if (this.#entries.get(url) === entry) this.#entries.delete(url);
			entry.controller.abort();
		});
		return entry.promise;
	}

	/** @param {string} url @param {Asked} asked @returns {Pending} */
	#begin(url, asked) {
		const controller = new AbortController();
		const promise = this.#send(asked, controller.signal);
		const entry = { promise, controller, users: 0, isDone: false };
		this.#entries.set(url, entry);
		promise.then(
			() => {
				entry.isDone = true;
			},
			() => {
				entry.isDone = true;
				if (this.#entries.get(url) === entry) this.#entries.delete(url);
			},
		);
		const [oldest] = this.#entries.keys();
		if (this.#entries.size > MOST_KEPT) this.#entries.delete(oldest);
		return entry;
	}

	/** @param {Asked} asked @param {AbortSignal} signal */
	async #send({ operation, ...more }, signal) {
		const caller = this.caller();
		await this.#turn();
		try {
			signal.throwIfAborted();
			this.#refuse(operation);
			return await ask(caller, operation, { ...more, signal });
		} catch (error) {
			if (
				error instanceof Trouble &&
				error.status === 429 &&
				error.retryAfter !== null &&
				!this.#isWaiting()
			) {
				this.#refusal = error;
				this.#resume = performance.now() + Math.min(1000 * error.retryAfter, LONGEST);
			}
			throw error;
		} finally {
			this.#running -= 1;
			this.#waiting.shift()?.();
		}
	}

	#isWaiting() {
		return performance.now() < this.#resume;
	}

	/** Throws the API's last refusal again until the wait that it demanded is over. @param {Operation} operation */
	#refuse(operation) {
		if (this.#refusal === null || !this.#isWaiting()) return;
		const retryAfter = Math.ceil((this.#resume - performance.now()) / 1000);
		throw new Trouble(operation, this.#refusal.message, {
			status: 429,
			retryAfter,
			text: this.#refusal.text,
		});
	}

	/** Waits until fewer than MOST requests are running. */
	async #turn() {
		while (this.#running >= MOST) await new Promise((next) => this.#waiting.push(() => next(undefined)));
		this.#running += 1;
	}
}
