// The part of the drawing that the map shows, and how it moves. All functions return new values.

import { HEIGHT, WIDTH } from "./projection.js";

/** The largest zoom, at which the visitors of one city are apart. */
export const MOST_ZOOM = 32;
/** The free space around the whole world, for discs at its edges, in pixels. */
const EDGE = 12;
/** The free space around points that are zoomed to, in pixels. */
const MARGIN = 60;

/** The view of the whole world. @type {MapView} */
export const WHOLE = { x: WIDTH / 2, y: HEIGHT / 2, zoom: 1 };

/** Returns the pixels of one unit. @param {number} zoom @param {Frame} frame */
export function scaleOf(zoom, { width, height }) {
	return zoom * Math.min(Math.max(width - 2 * EDGE, 1) / WIDTH, Math.max(height - 2 * EDGE, 1) / HEIGHT);
}

/** Returns the rectangle of the drawing that is shown. @param {MapView} view @param {Frame} frame */
export function boxOf({ x, y, zoom }, frame) {
	const scale = scaleOf(zoom, frame);
	const [width, height] = [frame.width / scale, frame.height / scale];
	return { x: x - width / 2, y: y - height / 2, width, height };
}

/** Moves by pixels, within the world. @param {MapView} view @param {Frame} frame @param {number} right @param {number} down */
export function moved({ x, y, zoom }, frame, right, down) {
	const scale = scaleOf(zoom, frame);
	return within({ x: x + right / scale, y: y + down / scale, zoom }, frame);
}

/** Zooms by a factor; the point at these pixels stays where it is. @param {MapView} view @param {Frame} frame @param {number} factor @param {Point} [at] */
export function zoomed(view, frame, factor, at = { x: frame.width / 2, y: frame.height / 2 }) {
	const zoom = Math.min(Math.max(view.zoom * factor, 1), MOST_ZOOM);
	const [right, down] = [at.x - frame.width / 2, at.y - frame.height / 2];
	const change = 1 / scaleOf(view.zoom, frame) - 1 / scaleOf(zoom, frame);
	return within({ x: view.x + right * change, y: view.y + down * change, zoom }, frame);
}

/** Returns the view that shows all points, as large as possible. @param {Point[]} points @param {Frame} frame */
export function around(points, frame) {
	const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
	const [left, right] = [Math.min(...xs), Math.max(...xs)];
	const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
	const scale = Math.min(
		Math.max(frame.width - 2 * MARGIN, MARGIN) / (right - left),
		Math.max(frame.height - 2 * MARGIN, MARGIN) / (bottom - top),
	);
	const zoom = Math.min(Math.max(scale / scaleOf(1, frame), 1), MOST_ZOOM);
	return within({ x: (left + right) / 2, y: (top + bottom) / 2, zoom }, frame);
}

/** Returns the view between two others; `part` is in [0, 1]. @param {MapView} from @param {MapView} to @param {number} part */
export function between(from, to, part) {
	const zoom = from.zoom * (to.zoom / from.zoom) ** part;
	// The centre moves in proportion to the size of the view, so that the goal moves straight to the middle.
	const done = from.zoom === to.zoom ? part : (1 / from.zoom - 1 / zoom) / (1 / from.zoom - 1 / to.zoom);
	return { x: from.x + (to.x - from.x) * done, y: from.y + (to.y - from.y) * done, zoom };
}

/** Moves a view so that it shows no more beyond the world than necessary. @param {MapView} view @param {Frame} frame @returns {MapView} */
export function within({ x, y, zoom }, frame) {
	const { width, height } = boxOf({ x, y, zoom }, frame);
	return { x: inside(x, width, WIDTH), y: inside(y, height, HEIGHT), zoom };
}

/** @param {number} centre @param {number} shown @param {number} whole */
function inside(centre, shown, whole) {
	if (shown >= whole) return whole / 2;
	return Math.min(Math.max(centre, shown / 2), whole - shown / 2);
}
