// The requests that write: they are shown as curl commands and sent, and the answer becomes a sentence.

import { PATIENCE, urlOf } from "./api.js";
import { request } from "./controls.js";
import { shellQuoted } from "./shell.js";

const NO_ANSWER = "No answer: the connection broke, or nothing came in time.";
/** The token of the controls is never shown. */
const HIDDEN = '"Authorization: Bearer $DATAFAST_MOCK_CONTROL_TOKEN"';

/** Makes a documented write with the caller's key. @param {Caller} caller @param {Operation} operation @param {any} body @returns {Write} */
export function documented(caller, operation, body) {
	return posted(urlOf(caller, operation), body, caller.key);
}

/** Makes an event of a browser, which needs no key. @param {any} event @returns {Write} */
export function browsed(event) {
	return posted(`${location.origin}/api/events`, event, "");
}

/** Makes a request to the controls. @param {string} method @param {string} path @param {string} key @param {any} [body] @returns {Write} */
export function controlled(method, path, key, body) {
	const [url, init] = request(method, path, { key }, body);
	return { url: location.origin + url, init, token: null };
}

/** Writes the request as a curl command. @param {Write} write */
export function writeAsCurl({ url, init, token }) {
	const { method = "POST", headers, body } = init;
	const words = ["curl"];
	if (method !== "POST") words.push("-X", method);
	if (body) words.push("--json", shellQuoted(String(body)));
	if (headers.Authorization)
		words.push("-H", token === null ? HIDDEN : shellQuoted(`Authorization: Bearer ${token}`));
	return [...words, shellQuoted(url)].join(" ");
}

/** Sends the request; errors become sentences. @param {Write} write @returns {Promise<Outcome>} */
export async function send({ url, init }) {
	try {
		const reply = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE) });
		const text = await reply.text();
		const content = text === "" ? null : parsed(text);
		const isDone = reply.ok && content !== undefined && content?.status !== "error";
		return { isDone, said: `Status ${reply.status}: ${sentence(content)}`, text };
	} catch {
		return { isDone: false, said: NO_ANSWER, text: "" };
	}
}

/** @param {string} url @param {any} body @param {string} token @returns {Write} */
function posted(url, body, token) {
	/** @type {Texts} */
	const headers = { "Content-Type": "application/json" };
	if (token !== "") headers.Authorization = `Bearer ${token}`;
	return { url, init: { method: "POST", headers, body: JSON.stringify(body) }, token };
}

/** Returns the value of JSON, and undefined for any other text. @param {string} text */
function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** Returns the message of an answer of any of the documented shapes. @param {any} content */
function sentence(content) {
	if (content === undefined) return "the answer is not JSON.";
	const { error, detail, message, data } = content ?? {};
	const said = error?.message ?? detail ?? message ?? [data].flat()[0]?.message ?? "done";
	return String(said).replace(/\.?$/, ".");
}
