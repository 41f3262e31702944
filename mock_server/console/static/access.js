// The access to the controls: whether they take the page's requests, and the field for their token.

import { ControlProblem, useToken } from "./controls.js";
import { at, say } from "./dom.js";

const TOKEN = /^[!-~]+$/;

export class Access {
	/** Whether the controls require a token or are off; if so, the page does not use them. */
	isRefused = false;
	/** Whether the mock has the key; for an unknown key the controls answer 404. */
	isKnown = true;

	/**
	 * @param {() => string} key returns the page's key
	 * @param {(why: string) => void} refused called if the controls refuse something
	 * @param {() => Promise<void>} retry begins the page again, with another token
	 */
	constructor(key, refused, retry) {
		this.key = key;
		this.refused = refused;
		this.retry = retry;
		at("unlock").addEventListener("submit", (/** @type {Event} */ event) => {
			event.preventDefault();
			void this.#unlock();
		});
	}

	/** Runs an action that needs the controls. If they refuse it, shows why; the page then works without controls. @param {() => Promise<void>} act */
	async guard(act) {
		let refusal = "";
		try {
			await act();
			if (!this.isKnown) refusal = `${this.key()} is not a key of this mock; the API answers 401.`;
		} catch (error) {
			if (!(error instanceof ControlProblem)) throw error;
			this.isRefused = error.status === 401 || error.status === 403;
			// The key was deleted.
			if (error.status === 404) this.isKnown = false;
			refusal = error.message;
			for (const part of at("unlock").querySelectorAll("label, input, button"))
				part.hidden = error.status !== 401;
		}
		if (refusal !== "") this.refused(refusal);
		at("switch-board").hidden = refusal !== "";
		at("unlock").hidden = refusal === "";
		say(at("unlock-text"), refusal);
	}

	async #unlock() {
		const token = at("token").value.trim();
		at("token").value = "";
		if (!TOKEN.test(token)) {
			say(at("unlock-text"), "A control token contains only printable ASCII characters, and no spaces.");
			return;
		}
		useToken(token);
		this.isRefused = false;
		await this.retry();
		if (this.isRefused) say(at("unlock-text"), "This is not the control token of this mock.");
	}
}
