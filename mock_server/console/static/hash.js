// A number for a text. From a visitor's id the page makes a name and a face in this way.

/** Returns an integer in [0, 2³²) that is always the same for a text. @param {string} text */
export function hashed(text) {
	let hash = 2_166_136_261;
	for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
	hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
	return (hash ^ (hash >>> 13)) >>> 0;
}
