// The camera of the map: the part of the world that is shown, and its movements.

import { between, boxOf, moved, WHOLE, within, zoomed } from "./view.js";

/** The time of a zoom by a click or a key, in ms. */
const ZOOM_TIME = 260;

export class Camera {
	view = WHOLE;
	/** The size of the map on the screen, in pixels; 0 until it is known. */
	frame = { width: 0, height: 0 };
	/** The numbers of the animation frames that were requested; 0 for none. */
	#waiting = 0;
	#moving = 0;

	/** @param {() => void} show called in each frame in which the view is another one */
	constructor(show) {
		this.show = show;
	}

	/** The rectangle of the drawing that is shown. */
	get box() {
		return boxOf(this.view, this.frame);
	}

	/** Returns whether a point is in sight; `beyond` widens the view on each side by a share of its size. @param {Point} point @param {number} [beyond] */
	isShown({ x, y }, beyond = 0) {
		const { box } = this;
		const [right, down] = [beyond * box.width, beyond * box.height];
		return (
			x >= box.x - right &&
			x <= box.x + box.width + right &&
			y >= box.y - down &&
			y <= box.y + box.height + down
		);
	}

	/** Returns the view with a point in its middle, at the present zoom or another one. @param {Point} point @param {number} [zoom] */
	over({ x, y }, zoom = this.view.zoom) {
		return within({ x, y, zoom }, this.frame);
	}

	/** @param {number} factor */
	zoomBy(factor) {
		this.go(zoomed(this.view, this.frame, factor));
	}

	/** Moves by shares of the frame. @param {number} right @param {number} down */
	moveBy(right, down) {
		const { width, height } = this.frame;
		this.go(moved(this.view, this.frame, right * width, down * height));
	}

	/** Moves to a view in some steps, or at once if motion is unwanted. @param {MapView} goal */
	go(goal) {
		cancelAnimationFrame(this.#moving);
		const from = this.view;
		const begun = performance.now();
		const step = () => {
			const part = isAnimated() ? Math.min((performance.now() - begun) / ZOOM_TIME, 1) : 1;
			this.#change(part === 1 ? goal : between(from, goal, part * (2 - part)));
			if (part < 1) this.#moving = requestAnimationFrame(step);
		};
		step();
	}

	/** Shows a view from the next frame on. @param {MapView} view */
	look(view) {
		cancelAnimationFrame(this.#moving);
		this.#change(view);
	}

	/** @param {MapView} view */
	#change(view) {
		this.view = view;
		this.#waiting ||= requestAnimationFrame(() => {
			this.#waiting = 0;
			this.show();
		});
	}

	/** Shows the view in another size at once. @param {{width: number, height: number}} frame */
	resize({ width, height }) {
		if (width === 0 || height === 0) return;
		this.frame = { width, height };
		this.view = this.over(this.view);
		this.show();
	}
}

/** Returns whether the user's settings allow motion. */
export function isAnimated() {
	return matchMedia("(prefers-reduced-motion: no-preference)").matches;
}
