// The places of visitors in the drawing of the map.

import { hashed } from "./hash.js";
import { placeOf } from "./places.js";
import { HEIGHT, project, WIDTH } from "./projection.js";

/** The largest distance of a dot from its city, in units of the drawing. */
const SPREAD = 4;

/** Returns whether only the table of places can tell where a visitor is. @param {Visitor} visitor */
export function needsPlaces({ longitude, latitude, countryCode }) {
	return (longitude === null || latitude === null) && countryCode !== null;
}

/** Returns the point at which a visitor is drawn. @param {Visitor} visitor @param {Places | null} places null until the table was loaded @returns {[x: number, y: number]} */
export function pointOf({ visitorId, longitude, latitude, city, countryCode }, places) {
	const hash = hashed(visitorId);
	const [angle, distance] = [(hash >>> 16) / 65_536, (hash & 0xffff) / 65_536];
	const at =
		longitude !== null && latitude !== null
			? [longitude, latitude]
			: places && placeOf(places, countryCode, city);
	// Visitors without a known place are drawn along the lower edge.
	if (at === null) return [WIDTH * (0.02 + 0.3 * angle), HEIGHT - 6 - 10 * distance];
	const [x, y] = project(at[0], at[1]);
	const reach = SPREAD * Math.sqrt(distance);
	return [
		Math.min(Math.max(x + reach * Math.cos(2 * Math.PI * angle), 3), WIDTH - 3),
		Math.min(Math.max(y + reach * Math.sin(2 * Math.PI * angle), 3), HEIGHT - 3),
	];
}
