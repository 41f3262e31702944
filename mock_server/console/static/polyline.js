// Encoded polylines, the texts of points in land.json and places.json; see mock_server/console/polyline.py.

const SCALE = 20;

/** Returns the points of a polyline, in degrees east and north. @param {string} text @returns {[longitude: number, latitude: number][]} */
export function pointsOf(text) {
	const steps = numbersOf(text);
	/** @type {[number, number][]} */
	const points = [];
	let [x, y] = [0, 0];
	for (let i = 0; i < steps.length; i += 2) {
		x += steps[i];
		y += steps[i + 1];
		points.push([x / SCALE, y / SCALE]);
	}
	return points;
}

/** @param {string} text */
function numbersOf(text) {
	const numbers = [];
	let number = 0;
	let shift = 0;
	for (let i = 0; i < text.length; i += 1) {
		const digit = text.charCodeAt(i) - 63;
		number |= (digit & 31) << shift;
		shift += 5;
		if (digit >= 32) continue;
		numbers.push(number & 1 ? ~(number >> 1) : number >> 1);
		number = shift = 0;
	}
	return numbers;
}
