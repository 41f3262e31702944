// The clusters of the map: dots that would overlap become one disc with their number.

/** The distance at which two dots overlap, in pixels. */
const TOUCH = 9;
/** The radius of the largest disc, in pixels. */
const LARGEST = 24;

/** Returns the radius of the disc of a cluster, in pixels. @param {number} count */
export function radiusOf(count) {
	return Math.min(7.5 + 1.6 * Math.log2(count), LARGEST);
}

/**
 * Returns the clusters of spots, which hardly overlap. The order of the spots decides which ones are joined.
 * @template {Placed} S
 * @param {Iterable<S>} spots
 * @param {number} scale the pixels of one unit
 * @returns {Cluster<S>[]}
 */
export function clustered(spots, scale) {
	const near = new Grid(TOUCH / scale);
	/** @type {Cluster<S>[]} */
	const alone = [];
	/** @type {Cluster<S>[]} */
	const groups = [];
	for (const spot of spots) {
		if (spot.isAlone) {
			alone.push({ x: spot.x, y: spot.y, spots: [spot] });
			continue;
		}
		const found = near.find(spot, () => TOUCH / scale);
		if (found === null) {
			const group = { x: spot.x, y: spot.y, spots: [spot] };
			groups.push(group);
			near.add(group);
		} else found.spots.push(spot);
	}
	for (const group of groups) centre(group);
	// A disc is larger than a dot, so the dots that it would cover join it.
	const discs = merged(merged(groups, scale), scale);
	for (const dot of alone) for (const disc of discs) if (disc.spots.length > 1) giveWay(disc, dot, scale);
	return [...discs, ...alone];
}

/** Moves a disc away from a single dot that would cover the disc's number. @param {Cluster<Placed>} disc @param {Cluster<Placed>} dot @param {number} scale */
function giveWay(disc, dot, scale) {
	const reach = (sizeOf(disc) + TOUCH / 2) / scale;
	const [right, down] = [disc.x - dot.x, disc.y - dot.y];
	const distance = Math.hypot(right, down);
	if (distance >= reach) return;
	const part = distance === 0 ? 0 : reach / distance;
	disc.x = distance === 0 ? dot.x + reach : dot.x + right * part;
	disc.y = dot.y + down * part;
}

/** @template {Placed} S @param {Cluster<S>[]} groups @param {number} scale @returns {Cluster<S>[]} */
function merged(groups, scale) {
	const placed = new Grid((2 * LARGEST) / scale);
	return [...groups]
		.sort((one, other) => other.spots.length - one.spots.length)
		.filter((group) => {
			const reach = (/** @type {Cluster<S>} */ other) => (sizeOf(other) + sizeOf(group)) / scale;
			const found = placed.find(group, reach);
			if (found === null) placed.add(group);
			else found.spots.push(...group.spots);
			return found === null;
		});
}

/** @param {Cluster<Placed>} cluster */
function sizeOf({ spots }) {
	return spots.length === 1 ? TOUCH / 2 : radiusOf(spots.length);
}

/** @param {Cluster<Placed>} cluster */
function centre(cluster) {
	const { spots } = cluster;
	cluster.x = spots.reduce((sum, { x }) => sum + x, 0) / spots.length;
	cluster.y = spots.reduce((sum, { y }) => sum + y, 0) / spots.length;
}

/** The clusters by cells of the drawing, so that only near clusters are compared. */
class Grid {
	/** @type {Map<number, any[]>} */
	#cells = new Map();

	/** @param {number} size the width of a cell, and the largest distance at which clusters are found */
	constructor(size) {
		this.size = size;
	}

	/** @param {any} cluster */
	add(cluster) {
		const key = this.#key(cluster, 0, 0);
		const cell = this.#cells.get(key);
		if (cell === undefined) this.#cells.set(key, [cluster]);
		else cell.push(cluster);
	}

	/** Returns a cluster nearer to a point than its `reach`; null if there is none. @param {{x: number, y: number}} point @param {(cluster: any) => number} reach */
	find(point, reach) {
		for (let right = -1; right <= 1; right += 1)
			for (let down = -1; down <= 1; down += 1)
				for (const cluster of this.#cells.get(this.#key(point, right, down)) ?? [])
					if (Math.hypot(cluster.x - point.x, cluster.y - point.y) < reach(cluster)) return cluster;
		return null;
	}

	/** @param {{x: number, y: number}} point @param {number} right @param {number} down */
	#key({ x, y }, right, down) {
		return (Math.floor(x / this.size) + right) * 1e5 + Math.floor(y / this.size) + down;
	}
}
