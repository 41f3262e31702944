// What the controls tell of the mock and of a key; what the document tells of the API.

import { get } from "./controls.js";

/**
 * All keys there are, for the picker.
 * @returns {Promise<{key: string, label: string, description: string}[]>}
 * @throws {import("./controls.js").ControlProblem}
 */
export async function readKeys() {
  return (await get("/keys")).keys;
}

/** All that holds for a key that there is. @param {string} key */
export function readKey(key) {
  return get(`/keys/${encodeURIComponent(key)}`);
}

/** All that holds for a key, what is set for it, and what is set for every one. @param {string} key */
export async function readSettings(key) {
  const [state, own, common] = await Promise.all([readKey(key), get("/settings", { key }), get("/settings")]);
  return { state, own, common };
}

/** All websites. @returns {Promise<any[]>} */
export async function readSites() {
  return (await get("/sites")).sites;
}

/**
 * What the served document says: where the API is, and the statuses of its operations.
 * @returns {Promise<{base: string, operations: {operationId: string, path: string, statuses: number[]}[]}>}
 */
export async function readDocument() {
  const reply = await fetch("/openapi.json", { headers: { Prefer: "peek" } });
  const { paths, servers } = await reply.json();
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
