// The text beside the dot or the disc of the map that the pointer is on.

import { h } from "./dom.js";
import { counted, place } from "./format.js";
import { nameOf } from "./names.js";
import { avatar, flag } from "./pictures.js";

export class Tip {
	element = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });

	/** @param {HTMLElement} frame the element of the map */
	constructor(frame) {
		this.frame = frame;
	}

	/** Shows the text above a dot or disc, or below it where no space is above. @param {Drawn} drawn */
	show({ cluster: { spots }, element }) {
		const tip = this.element;
		tip.replaceChildren(...(spots.length === 1 ? aboutOne(spots[0].visitor) : aboutMany(spots)));
		tip.hidden = false;
		const outer = this.frame.getBoundingClientRect();
		const inner = element.getBoundingClientRect();
		const [x, y] = [inner.x + inner.width / 2 - outer.x, inner.y - outer.y];
		const left = Math.min(Math.max(x - tip.offsetWidth / 2, 4), outer.width - tip.offsetWidth - 4);
		const top = y > tip.offsetHeight + 12 ? y - tip.offsetHeight - 8 : y + inner.height + 8;
		tip.style.translate = `${left}px ${top}px`;
	}

	hide() {
		this.element.hidden = true;
	}
}

/** Describes the visitor of a dot. @param {Visitor} visitor */
function aboutOne(visitor) {
	const { visitorId, city, countryCode, page, system, isCustomer } = visitor;
	return [
		avatar(visitorId),
		h("strong", { dir: "auto" }, nameOf(visitor)),
		isCustomer ? h("em", {}, "customer") : "",
		h("span", { dir: "auto" }, flag(countryCode), " ", place(city, countryCode)),
		...[page, system].filter(Boolean).map((line) => h("span", { dir: "auto" }, line)),
	];
}

/** Describes some of the visitors of a disc. @param {Spot[]} spots */
function aboutMany(spots) {
	return [
		h("strong", {}, `${counted(spots.length)} visitors`),
		...spots
			.slice(0, 3)
			.map(({ visitor }) => h("span", { dir: "auto" }, flag(visitor.countryCode), " ", nameOf(visitor))),
		spots.length > 3 ? h("span", {}, "…") : "",
	];
}
