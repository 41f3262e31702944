// The notices of new payments.

import { at, button, h } from "./dom.js";
import { sum } from "./format.js";
import { avatar } from "./pictures.js";

/** The largest number of notices at once; more payments than this share one notice. */
const MOST = 3;
/** The time for which a notice is shown, in ms. */
const SHOWN_FOR = 8000;

export class Payments {
	/** @param {(visitorId: string) => void} open called for the visitor of a notice @param {(item: Item) => string} whose returns the name of a visitor */
	constructor(open, whose) {
		this.list = at("paid");
		this.open = open;
		this.whose = whose;
	}

	/** Shows a notice for each payment. @param {Item[]} items */
	show(items) {
		if (items.length > MOST)
			this.#add([h("span", {}, h("b", {}, `${items.length} payments`), ` ${inAll(items)}`)]);
		else for (const item of [...items].reverse()) this.#add(this.#one(item), item.visitorId);
	}

	clear() {
		this.list.replaceChildren();
	}

	/** @param {Item} item */
	#one(item) {
		return [
			item.visitorId === null ? "" : avatar(item.visitorId),
			h("span", {}, h("b", { dir: "auto" }, this.whose(item)), " ", h("span", { dir: "auto" }, item.text)),
			h("small", {}, item.detail),
		];
	}

	/** @param {any[]} content @param {string | null} [visitorId] */
	#add(content, visitorId = null) {
		const notice =
			visitorId === null
				? h("div", { class: "notice" }, ...content)
				: button({ class: "notice", onclick: () => this.open(visitorId) }, ...content);
		this.list.append(notice);
		while (this.list.childElementCount > MOST) this.list.firstElementChild.remove();
		setTimeout(() => notice.remove(), SHOWN_FOR);
	}
}

/** Returns the sum of payments, if they have one currency. @param {Item[]} items */
function inAll(items) {
	const [{ currency }] = items;
	if (currency === null || items.some((item) => item.currency !== currency)) return "";
	return sum(
		items.reduce((all, { amount }) => all + (amount ?? 0), 0),
		currency,
	);
}
