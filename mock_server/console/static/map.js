// The world map: a dot for each active visitor, and a disc for several visitors whose dots would overlap.

import { Camera, isAnimated } from "./camera.js";
import { clustered } from "./clusters.js";
import { button, h, s } from "./dom.js";
import { describeDot } from "./dots.js";
import { listen } from "./gestures.js";
import { Layers } from "./layers.js";
import { readPlaces } from "./places.js";
import { landPath } from "./projection.js";
import { needsPlaces, pointOf } from "./spots.js";
import { Tip } from "./tip.js";
import { around, MOST_ZOOM, moved, scaleOf, WHOLE, zoomed } from "./view.js";

const MOST_PULSES = 40;
/** The factor by which a key or a button zooms. */
const ZOOM_STEP = 2;
/** The share of the frame by which an arrow key moves the map. */
const PAN_STEP = 0.2;
/** The width of the area around the frame in which dots are drawn, too, as a share of the frame's size. */
const BEYOND = 0.3;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELP = "World map. Arrow keys move it, plus and minus zoom, 0 shows the whole world.";

export class WorldMap {
	/** @type {Map<string, Spot>} */
	#spots = new Map();
	/** @type {Cluster[]} */
	#clusters = [];
	/** The scale for which the clusters were found; 0 if they are out of date. */
	#clusteredFor = 0;
	/** The places of cities; null until a visitor without coordinates came. @type {Places | null} */
	#places = null;
	#isAsking = false;
	#selected = "";
	#instant = 0;
	#camera = new Camera(() => this.#show());
	#land = s("path", { class: "land" });
	#pulses = h("div", { class: "pulses", "aria-hidden": "true" });
	/** @type {Layers} */
	#layers;
	/** @type {Tip} */
	#tip;

	/**
	 * @param {HTMLElement} frame the element that the map fills
	 * @param {(visitorId: string) => void} open called for the visitor that was chosen
	 * @param {(visitorIds: string[]) => void} choose called for the visitors of a disc that a zoom cannot divide
	 * @param {Set<string>} made the ids of the visitors about whom something was made here
	 */
	constructor(frame, open, choose, made) {
		this.open = open;
		this.choose = choose;
		this.made = made;
		this.frame = h("div", { class: "drawings", tabindex: "0", role: "group", "aria-label": HELP });
		this.#layers = new Layers(this.frame, (spot, element) => this.#describeDot(spot, element));
		this.#tip = new Tip(this.frame);
		// The land has its own drawing, so that it is not drawn again with each dot.
		this.land = s("svg", { class: "world", "aria-hidden": "true" }, this.#land);
		this.drawing = s("svg", { class: "world over" }, this.#layers.element);
		this.frame.append(this.land, this.#pulses, this.drawing, this.#tip.element);
		frame.prepend(this.frame);
		frame.append(
			h(
				"div",
				{ class: "zoom", role: "group", "aria-label": "Zoom" },
				zoom("+", "Zoom in", () => this.#camera.zoomBy(ZOOM_STEP)),
				zoom("−", "Zoom out", () => this.#camera.zoomBy(1 / ZOOM_STEP)),
				zoom("⟲", "Show the whole world", () => this.#camera.go(WHOLE)),
			),
		);
		this.#listen();
	}

	#listen() {
		// The frame listens, because a drawing that listens for the focus would be in the tab order.
		const on = (/** @type {string} */ kind, /** @type {(drawn: Drawn) => void} */ act) =>
			this.frame.addEventListener(kind, (/** @type {Event} */ event) => {
				const drawn = this.#layers.of(event);
				if (drawn !== undefined) act(drawn);
			});
		on("click", (drawn) => this.#enter(drawn));
		on("pointerover", (drawn) => this.#tip.show(drawn));
		on("focusin", (drawn) => this.#tip.show(drawn));
		for (const kind of ["pointerout", "focusout"]) this.frame.addEventListener(kind, () => this.#tip.hide());
		this.frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
		const camera = this.#camera;
		listen(this.frame, {
			zoom: (factor, at) => {
				const before = camera.view;
				camera.look(zoomed(before, camera.frame, factor, at));
				return camera.view.zoom !== before.zoom || (factor > 1 && before.zoom === MOST_ZOOM);
			},
			move: (right, down) => camera.look(moved(camera.view, camera.frame, right, down)),
		});
		new ResizeObserver(([{ contentRect }]) => camera.resize(contentRect)).observe(this.frame);
	}

	/** Draws the land. */
	async load() {
		const reply = await fetch("/console/land.json");
		this.#land.setAttribute("d", landPath(await reply.json()));
	}

	/**
	 * Shows the visitors who came, changed and left.
	 * @param {{added: Visitor[], changed: Visitor[], removed: string[], instant: number, isFirst: boolean}} changes
	 */
	apply({ added, changed, removed, instant, isFirst }) {
		this.#instant = instant;
		const moves = changed.filter(({ visitorId, page }) => this.#spots.get(visitorId)?.visitor.page !== page);
		for (const visitorId of removed) this.#spots.delete(visitorId);
		for (const visitor of [...added, ...changed]) this.#put(visitor);
		this.#recluster(!isFirst);
		if (!isFirst) for (const { visitorId } of [...added, ...moves]) this.#pulse(visitorId, "");
	}

	/** Removes all dots, for another website. */
	clear() {
		this.#layers.clear();
		this.#spots.clear();
		this.#clusters = [];
		this.#pulses.replaceChildren();
		this.#tip.hide();
	}

	/** Marks a visitor, and moves the map so that it shows the dot; an empty id marks none. @param {string} visitorId */
	select(visitorId) {
		this.#selected = visitorId;
		this.mark();
		const spot = this.#spots.get(visitorId);
		if (spot !== undefined && !this.#camera.isShown(spot)) this.#camera.go(this.#camera.over(spot));
	}

	/** Marks the visitors about whom something was made here, and no others. */
	mark() {
		for (const spot of this.#spots.values()) spot.isAlone = this.#isAlone(spot.visitor);
		this.#recluster(false);
	}

	/** Draws a larger ring around a visitor who paid. @param {string | null} visitorId */
	pay(visitorId) {
		if (visitorId !== null) this.#pulse(visitorId, "paid");
	}

	/** The marked visitors are never in a cluster. @param {Visitor} visitor */
	#isAlone({ visitorId }) {
		return visitorId === this.#selected || this.made.has(visitorId);
	}

	/** @param {Visitor} visitor */
	#put(visitor) {
		if (this.#places === null && needsPlaces(visitor)) void this.#learnPlaces();
		const [x, y] = pointOf(visitor, this.#places);
		this.#spots.set(visitor.visitorId, { visitor, x, y, isAlone: this.#isAlone(visitor) });
	}

	async #learnPlaces() {
		if (this.#isAsking) return;
		this.#isAsking = true;
		const reply = await fetch("/console/places.json");
		this.#places = readPlaces(await reply.json());
		for (const { visitor } of this.#spots.values()) this.#put(visitor);
		this.#recluster(false);
	}

	/** Finds the clusters again, since visitors have changed. @param {boolean} isNews whether new dots appear slowly */
	#recluster(isNews) {
		this.#clusteredFor = 0;
		this.#draw(isNews);
	}

	/** Draws the dots and discs in sight. The clusters change in steps, so that a zoom does not rearrange them all the time. @param {boolean} [isNews] */
	#draw(isNews = false) {
		const { view, frame } = this.#camera;
		if (frame.width === 0) return;
		const scale = scaleOf(2 ** (Math.round(2 * Math.log2(view.zoom)) / 2), frame);
		if (scale !== this.#clusteredFor) this.#clusters = clustered(this.#spots.values(), scale);
		this.#clusteredFor = scale;
		const shown = this.#clusters.filter((cluster) => this.#camera.isShown(cluster, BEYOND));
		this.#layers.draw(shown, isNews, (visitorId) => this.#spots.has(visitorId));
	}

	/** @param {Spot} spot @param {Element} element */
	#describeDot({ visitor }, element) {
		describeDot(visitor, element, this.#instant, this.made.has(visitor.visitorId));
		element.classList.toggle("selected", visitor.visitorId === this.#selected);
	}

	/** Draws a growing ring around a visitor who came, opened another page or paid. @param {string} visitorId @param {string} kind */
	#pulse(visitorId, kind) {
		const spot = this.#spots.get(visitorId);
		if (spot === undefined || !this.#camera.isShown(spot)) return;
		if (this.#pulses.childElementCount >= MOST_PULSES || document.hidden) return;
		// Without animations the ring would never be removed.
		if (!isAnimated()) return;
		const { x, y } = this.#clusters.find(({ spots }) => spots.includes(spot)) ?? spot;
		const { box } = this.#camera;
		const ring = h("i", { class: `pulse ${spot.visitor.isCustomer ? "customer" : ""} ${kind}` });
		ring.style.left = `${(100 * (x - box.x)) / box.width}%`;
		ring.style.top = `${(100 * (y - box.y)) / box.height}%`;
		ring.addEventListener("animationend", () => ring.remove());
		this.#pulses.append(ring);
	}

	/** Opens the profile of a dot's visitor; zooms to a disc, or lists its visitors. @param {Drawn} drawn */
	#enter({ cluster: { spots } }) {
		const camera = this.#camera;
		const { zoom } = camera.view;
		if (spots.length === 1) this.open(spots[0].visitor.visitorId);
		else if (zoom === MOST_ZOOM) this.choose(spots.map(({ visitor }) => visitor.visitorId));
		else {
			const next = around(spots, camera.frame);
			camera.go(camera.over(next, Math.max(next.zoom, Math.min(zoom * ZOOM_STEP, MOST_ZOOM))));
		}
	}

	/** @param {KeyboardEvent} event */
	#pressed(event) {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const drawn = this.#layers.of(event);
		const direction = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
		if (event.key === "+" || event.key === "=") this.#camera.zoomBy(ZOOM_STEP);
		else if (event.key === "-") this.#camera.zoomBy(1 / ZOOM_STEP);
		else if (event.key === "0") this.#camera.go(WHOLE);
		else if (drawn !== undefined && (event.key === "Enter" || event.key === " ")) this.#enter(drawn);
		else if (direction === undefined) return;
		else if (drawn === undefined) this.#camera.moveBy(direction[0] * PAN_STEP, direction[1] * PAN_STEP);
		else this.#step(drawn, direction);
		event.preventDefault();
	}

	/** Moves the focus from a dot to the next one in a direction. @param {Drawn} from @param {number[]} direction */
	#step(from, direction) {
		const next = this.#layers.step(from, direction);
		if (next === null) return;
		if (!this.#camera.isShown(next.cluster)) this.#camera.look(this.#camera.over(next.cluster));
		next.element.focus({ preventScroll: true });
	}

	/** Shows the camera's view. */
	#show() {
		const { box, view, frame } = this.#camera;
		for (const drawing of [this.land, this.drawing])
			drawing.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
		// The dots have one size on every screen and at every zoom.
		const unit = String(1 / scaleOf(view.zoom, frame));
		if (this.drawing.style.getPropertyValue("--unit") !== unit)
			this.drawing.style.setProperty("--unit", unit);
		this.frame.classList.toggle("is-zoomed", view.zoom > 1);
		this.#pulses.replaceChildren();
		this.#tip.hide();
		this.#draw();
	}
}

/** @param {string} sign @param {string} label @param {() => void} onclick */
function zoom(sign, label, onclick) {
	return button({ "aria-label": label, title: label, onclick }, sign);
}
