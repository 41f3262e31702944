// The banner that names the faults of a key, which are set on purpose, and its button that removes them.

import { patch } from "./controls.js";
import { at, button, h, say } from "./dom.js";
import { described, isLive } from "./rules.js";

export class Banner {
	#told = h("span");

	/** @param {() => any} repair called when the button is pressed */
	constructor(repair) {
		const title = h("strong", {}, "Broken on purpose:");
		at("banner").append(title, " ", this.#told, " ", button({ id: "repair", onclick: repair }, "Repair"));
	}

	/** Shows those faults that can still apply, of a key and of all keys. @param {string} key @param {Settings} settings */
	show(key, { own, common }) {
		const told = [
			...live(own).map((what) => `with ${key} ${what}`),
			...live(common).map((what) => `with any key ${what}`),
		];
		at("banner").hidden = told.length === 0;
		say(this.#told, told.join("; "));
	}

	hide() {
		at("banner").hidden = true;
	}
}

/** Removes all fault rules, the key's and the server's. @param {string} key @param {Settings} settings */
export async function repair(key, { own, common }) {
	if (own.faults.length > 0) await patch("/settings", { faults: [] }, { key });
	if (common.faults.length > 0) await patch("/settings", { faults: [] });
}

/** Describes the rules that can still apply. @param {Faults} faults @returns {string[]} */
function live({ faults, counts }) {
	return faults.filter((rule, number) => isLive(rule, counts[number])).map(described);
}
