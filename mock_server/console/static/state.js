// The state of the mock and of a key, from the controls, and the operations, from the document.

import { answered, get } from "./controls.js";

/** Reads the facts that never change while the mock runs and need no token: the API, and the websites. @returns {Promise<Lasting>} */
export async function readLasting() {
	const [document, { sites }] = await Promise.all([readDocument(), get("/sites")]);
	return { ...document, sites };
}

/**
 * Reads all keys.
 * @returns {Promise<ListedKey[]>}
 * @throws {import("./controls.js").ControlProblem}
 */
export async function readKeys() {
	return (await get("/keys")).keys;
}

/** Reads the state of a key, its own settings, and those of the server. @param {string} key */
export async function readSettings(key) {
	const [state, own, common] = await Promise.all([
		get(`/keys/${encodeURIComponent(key)}`),
		get("/settings", { key }),
		get("/settings"),
	]);
	return { state, own, common };
}

async function readDocument() {
	const { content } = await answered("/openapi.json", { headers: { Prefer: "peek" } });
	const { paths, servers } = content;
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.values(methods)
			.filter(({ operationId }) => operationId)
			.map(({ operationId, responses }) => ({
				operationId,
				path,
				statuses: Object.keys(responses).map(Number),
			})),
	);
	return { base: location.origin + servers[0].url, operations };
}
