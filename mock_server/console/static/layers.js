// The dots and discs that are on the page, in layers, and the focus among them.

import { s } from "./dom.js";
import { describeDisc, move, newDisc, newDot } from "./dots.js";

export class Layers {
	/** @type {Map<string, Drawn>} */
	#drawn = new Map();
	#visitors = s("g", {});
	#customers = s("g", {});
	#marked = s("g", {});

	/**
	 * @param {HTMLElement} frame the element of the map, which gets the focus if no dot is left
	 * @param {(spot: Spot, element: Element) => void} describeDot
	 */
	constructor(frame, describeDot) {
		this.frame = frame;
		this.describeDot = describeDot;
		this.element = s(
			"g",
			{ class: "dots", role: "group", "aria-label": "Active visitors; arrow keys go from one to the next" },
			...[this.#visitors, this.#customers, this.#marked],
		);
	}

	/**
	 * Draws clusters, and removes the others.
	 * @param {Iterable<Cluster>} clusters
	 * @param {boolean} isNews whether dots appear and disappear slowly
	 * @param {(visitorId: string) => boolean} isThere returns whether a visitor is still active
	 */
	draw(clusters, isNews, isThere) {
		const left = new Map(this.#drawn);
		for (const cluster of clusters) {
			const { visitorId } = cluster.spots[0].visitor;
			const key = cluster.spots.length === 1 ? visitorId : `+${visitorId}`;
			let drawn = left.get(key);
			left.delete(key);
			if (drawn === undefined) {
				drawn = { cluster, element: cluster.spots.length === 1 ? newDot(key, isNews) : newDisc(key) };
				this.#drawn.set(key, drawn);
				this.#describe(drawn);
			} else if (drawn.cluster !== cluster) {
				drawn.cluster = cluster;
				this.#describe(drawn);
			}
		}
		const focused = [...left.values()].find(({ element }) => element === document.activeElement);
		for (const [key, { element }] of left) {
			this.#drawn.delete(key);
			if (isNews && !isThere(key) && !key.startsWith("+")) leave(element);
			else element.remove();
		}
		if (focused !== undefined) this.#focusNear(focused.cluster);
		this.#keepOneInTabOrder();
	}

	/** Removes all dots and discs. */
	clear() {
		for (const { element } of this.#drawn.values()) element.remove();
		this.#drawn.clear();
	}

	/** Returns the dot or disc of an event. @param {Event} event */
	of({ target }) {
		const element = /** @type {Element} */ (target).closest("[data-key]");
		return this.#drawn.get(/** @type {any} */ (element)?.dataset.key ?? "");
	}

	/** Chooses the next dot in a direction for the focus, and returns it; null if there is none. @param {Drawn} from @param {number[]} direction */
	step(from, direction) {
		const next = nearest(this.#drawn.values(), from, direction);
		if (next === null) return null;
		from.element.setAttribute("tabindex", "-1");
		next.element.setAttribute("tabindex", "0");
		return next;
	}

	/** @param {Drawn} drawn */
	#describe({ cluster, element }) {
		const { spots, x, y } = cluster;
		const customers = spots.filter(({ visitor }) => visitor.isCustomer).length;
		if (spots.length === 1) this.describeDot(spots[0], element);
		else describeDisc(cluster, element, customers);
		move(element, x, y);
		const layer = spots[0].isAlone ? this.#marked : customers > 0 ? this.#customers : this.#visitors;
		if (element.parentNode !== layer) layer.append(element);
	}

	/** Moves the focus from a dot that is gone to the next one. @param {Cluster} gone */
	#focusNear(gone) {
		const away = (/** @type {Cluster} */ { x, y }) => Math.hypot(x - gone.x, y - gone.y);
		const all = [...this.#drawn.values()].sort((one, other) => away(one.cluster) - away(other.cluster));
		const element = all[0]?.element ?? this.frame;
		this.element.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
		element.setAttribute("tabindex", "0");
		element.focus({ preventScroll: true });
	}

	/** Keeps one dot in the tab order; arrow keys move from there. */
	#keepOneInTabOrder() {
		if (this.element.querySelector("[tabindex='0']") !== null) return;
		const [first] = this.#drawn.values();
		first?.element.setAttribute("tabindex", "0");
	}
}

/** Lets a dot fade, and removes it then. @param {any} element */
function leave(element) {
	element.classList.add("leaving");
	element.removeAttribute("tabindex");
	element.removeAttribute("data-key");
	setTimeout(() => element.remove(), 600);
}

/** Finds the closest dot in a direction; dots near the axis count as closer. @param {Iterable<Drawn>} all @param {Drawn} from @param {number[]} direction @returns {Drawn | null} */
function nearest(all, from, [dx, dy]) {
	let best = null;
	let least = Infinity;
	for (const drawn of all) {
		const [x, y] = [drawn.cluster.x - from.cluster.x, drawn.cluster.y - from.cluster.y];
		const along = x * dx + y * dy;
		const across = Math.abs(x * dy - y * dx);
		const cost = along + 2 * across;
		if (along > 0 && cost < least) [best, least] = [drawn, cost];
	}
	return best;
}
