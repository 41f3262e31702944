// The projection of the map, Equal Earth, which shows all countries in the right proportion of their areas.
// Šavrič, Patterson and Jenny, "The Equal Earth map projection", 2018, doi:10.1080/13658816.2018.1504949.

import { pointsOf } from "./polyline.js";

/** @typedef {[x: number, y: number]} Point in units of the drawing, from its top left corner */

// Greenland ends at 83.6° N, and no cities are south of Cape Horn at 56° S.
const NORTH = 84;
const SOUTH = -58;

const A = [1.340264, -0.081106, 0.000893, 0.003796];
const M = Math.sqrt(3) / 2;
// The equator is as wide as the drawing.
const EQUATOR = (2 * Math.PI) / (M * A[0]);

/** The width of the drawing. */
export const WIDTH = 1000;

const SCALE = WIDTH / EQUATOR;

/** The height of the drawing, which shows the world from 84° N to 58° S. */
export const HEIGHT = Math.ceil((rise(tilt(NORTH)) - rise(tilt(SOUTH))) * SCALE);

/**
 * Returns the point of a place; a point outside the drawing is moved to its edge.
 *
 * @param {number} longitude degrees east
 * @param {number} latitude degrees north
 * @returns {Point}
 */
export function project(longitude, latitude) {
	const lambda = radians(clamp(longitude, -180, 180));
	const theta = tilt(clamp(latitude, SOUTH, NORTH));
	const x = (lambda * Math.cos(theta)) / (M * slope(theta));
	return [WIDTH / 2 + x * SCALE, (rise(tilt(NORTH)) - rise(theta)) * SCALE];
}

/** Returns the land as the data of an SVG path, to tenths of a unit. @param {string} land the content of land.json */
export function landPath(land) {
	const ring = (/** @type {string} */ text) =>
		pointsOf(text).map(([longitude, latitude]) => project(longitude, latitude).map(rounded).join(" "));
	const rings = land.split(" ");
	return rings.map((text) => `M${ring(text).join("L")}Z`).join("");
}

/** Returns the parametric latitude for the formulas. @param {number} latitude */
function tilt(latitude) {
	return Math.asin(M * Math.sin(radians(latitude)));
}

/** Returns the distance from the equator. @param {number} theta */
function rise(theta) {
	return theta * (A[0] + A[1] * theta ** 2 + A[2] * theta ** 6 + A[3] * theta ** 8);
}

/** Returns the derivative of `rise`. @param {number} theta */
function slope(theta) {
	return A[0] + 3 * A[1] * theta ** 2 + 7 * A[2] * theta ** 6 + 9 * A[3] * theta ** 8;
}

/** @param {number} degrees */
function radians(degrees) {
	return (degrees * Math.PI) / 180;
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
	return Math.min(Math.max(value, low), high);
}

/** @param {number} value */
function rounded(value) {
	return Math.round(value * 10) / 10;
}
