// The notice about the parts of the page's address that the page ignores.

import { at, say } from "./dom.js";

/** Shows what the page ignores after `#`; it ignores everything after `?`. @param {string[]} parts */
export function showIgnored(parts) {
	const query = [...new URLSearchParams(location.search).keys()];
	const all = [...parts, ...query.map((name) => `${name} (it must be after #, not after ?)`)];
	at("ignored").hidden = all.length === 0;
	say(at("ignored"), `Ignored in the address: ${all.join("; ")}.`);
}
