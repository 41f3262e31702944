// A client of the mock's own controls below /__mock: keys, clock, settings, journal.

import { h } from "./dom.js";

/** The time after which a download has begun, in ms. */
const REVOKED_AFTER = 60_000;
const NO_ANSWER = "The mock does not answer as expected. Is it still running?";

/** An error of the controls, with its status. */
export class ControlProblem extends Error {
	/** @param {number} status @param {string} message */
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}

/** The control token, if the mock requires one; it is stored nowhere else. */
let token = "";

/** @param {string} value */
export function useToken(value) {
	token = value;
}

/** @param {string} path @param {Record<string, string | number | null>} [query] */
export function get(path, query) {
	return asked("GET", path, query);
}

/** @param {string} path @param {any} body @param {Record<string, string | null>} [query] */
export function put(path, body, query) {
	return asked("PUT", path, query, body);
}

/** @param {string} path @param {any} body @param {Record<string, string | null>} [query] */
export function patch(path, body, query) {
	return asked("PATCH", path, query, body);
}

/** @param {string} path @param {any} body @param {Record<string, string | null>} [query] */
export function post(path, body, query) {
	return asked("POST", path, query, body);
}

/** @param {string} path @param {Record<string, string | null>} [query] */
export function remove(path, query) {
	return asked("DELETE", path, query);
}

/** Returns the text of an answer. @param {string} path @param {Record<string, string | null>} query */
async function getText(path, query) {
	const { reply, text } = await fetched(...request("GET", path, query));
	if (!reply.ok) throw new ControlProblem(reply.status, `status ${reply.status}`);
	return text;
}

/** Saves the text of an answer as a file. @param {string} path @param {Record<string, string | null>} query @param {string} name */
export async function download(path, query, name) {
	const url = URL.createObjectURL(new Blob([await getText(path, query)]));
	h("a", { href: url, download: name }).click();
	setTimeout(() => URL.revokeObjectURL(url), REVOKED_AFTER);
}

/**
 * Returns the content of an answer; null values of the query are left out.
 * @param {string} method @param {string} path @param {Record<string, any>} [query] @param {any} [body]
 * @returns {Promise<any>}
 * @throws {ControlProblem}
 */
async function asked(method, path, query = {}, body) {
	const { reply, content } = await answered(...request(method, path, query, body));
	if (!reply.ok) throw new ControlProblem(reply.status, content?.detail ?? `status ${reply.status}`);
	return content;
}

/**
 * Returns the address and the options of a request to a control, with the control token.
 * @param {string} method @param {string} path @param {Record<string, any>} query @param {any} [body]
 * @returns {[string, RequestInit & {headers: Texts}]}
 */
export function request(method, path, query, body) {
	const given = Object.entries(query).filter(([, value]) => value !== null);
	const search = given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
	/** @type {Texts} */
	const headers = { Prefer: "peek" };
	if (token !== "") headers.Authorization = `Bearer ${token}`;
	if (body !== undefined) headers["Content-Type"] = "application/json";
	const sent = body === undefined ? undefined : JSON.stringify(body);
	return [`/__mock${path}${search}`, { method, headers, body: sent }];
}

/**
 * Returns an answer, and the value of its JSON; null for an empty body.
 * @param {string} url @param {RequestInit} request
 * @throws {ControlProblem}
 */
export async function answered(url, request) {
	const { reply, text } = await fetched(url, request);
	try {
		return { reply, content: text === "" ? null : JSON.parse(text) };
	} catch {
		throw new ControlProblem(0, NO_ANSWER);
	}
}

/** @param {string} url @param {RequestInit} request */
async function fetched(url, request) {
	try {
		const reply = await fetch(url, request);
		return { reply, text: await reply.text() };
	} catch {
		throw new ControlProblem(0, NO_ANSWER);
	}
}
