// The place of a visitor whose coordinates are not in the answer.

/** @typedef {Record<string, Record<string, [longitude: number, latitude: number]>>} Places places.json, see mock_server/console/places.py */

/**
 * Returns the degrees east and north of a city, or of its country if the city is unknown; null if both are.
 *
 * @param {Places} places
 * @param {string | null} countryCode
 * @param {string | null} city
 * @returns {[longitude: number, latitude: number] | null}
 */
export function placeOf(places, countryCode, city) {
  if (countryCode === null || !Object.hasOwn(places, countryCode)) return null;
  const cities = places[countryCode];
  const [longitude, latitude] = cities[city !== null && Object.hasOwn(cities, city) ? city : ""];
  return [longitude / 100, latitude / 100];
}
