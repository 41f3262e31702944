// The place of a visitor whose coordinates are not in the answer.

import { hashed } from "./hash.js";
import { pointsOf } from "./polyline.js";

/** Reads places.json, see mock_server/console/places.py. @param {Record<string, [marks: string, polyline: string]>} file @returns {Places} */
export function readPlaces(file) {
	return new Map(
		Object.entries(file).map(([country, [marks, polyline]]) => {
			const points = pointsOf(polyline);
			const cities = ["", ...(marks.match(/.../g) ?? [])];
			return [country, new Map(cities.map((city, n) => [city, points[Math.max(n - 1, 0)]]))];
		}),
	);
}

/** Returns the degrees east and north of a city, or of its country if the city is unknown; null if both are. @param {Places} places @param {string | null} countryCode @param {string | null} city */
export function placeOf(places, countryCode, city) {
	const cities = places.get(countryCode ?? "");
	return cities?.get(city ? markOf(city) : "") ?? cities?.get("") ?? null;
}

/** Returns the mark of a city: three characters that stand for its name. @param {string} city */
export function markOf(city) {
	const hash = hashed(city);
	return String.fromCharCode(...[12, 6, 0].map((shift) => 63 + ((hash >>> shift) & 63)));
}
