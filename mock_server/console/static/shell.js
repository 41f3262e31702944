// Requests as shell commands, which are safe to paste.

import { isKey } from "./key.js";

const MASKED = /^Bearer dft?_\*\*\*$/i;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** The headers that curl sends itself, and the headers about the connection. */
const OWN = new Set([
	"accept-encoding",
	"connection",
	"content-length",
	"expect",
	"host",
	"keep-alive",
	"te",
	"transfer-encoding",
	"upgrade",
]);

/** Quotes a text as one word, so that neither a shell nor a terminal interprets it. @param {string} text */
export function shellQuoted(text) {
	if (/^[\w:/.,@%+=-]+$/.test(text)) return text;
	// Control characters can end a pasted text, and some others change its direction.
	if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(text)) return `$'${escaped(text)}'`;
	return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * Writes a request of the journal as a curl command. A masked token becomes the variable DATAFAST_KEY; other
 * secrets, and bodies that are not kept whole, are left out.
 * @param {Noted} noted @param {string} origin
 */
export function notedAsCurl({ method, target, headers, requestBody, keyName }, origin) {
	const words = ["curl"];
	if (method === "HEAD") words.push("--head");
	else if (method !== "GET") words.push("-X", shellQuoted(method));
	// Without these options curl would interpret dots and brackets.
	if (/\/\.{1,2}(?:[/?]|$)/.test(target)) words.push("--path-as-is");
	if (/[[\]{}]/.test(target)) words.push("--globoff");
	for (const [name, values] of Object.entries(headers)) {
		if (OWN.has(name) || !NAME.test(name)) continue;
		for (const value of values) words.push(...header(name, value, keyName));
	}
	const { text, encoding, cut } = requestBody ?? { text: "", encoding: null, cut: false };
	if (text && encoding === null && !cut && !text.includes("\0")) words.push("--data-raw", shellQuoted(text));
	words.push(shellQuoted(origin + target));
	return words.join(" ");
}

/** @param {string} name @param {string} value @param {string | null} keyName */
function header(name, value, keyName) {
	if (name === "authorization" && MASKED.test(value)) {
		if (keyName !== null && isKey(keyName)) return ["-H", shellQuoted(`${name}: Bearer ${keyName}`)];
		return ["-H", `"${name}: Bearer $DATAFAST_KEY"`];
	}
	if (value.includes("***")) return [];
	// In this form curl sends a header without a value.
	return ["-H", shellQuoted(value === "" ? `${name};` : `${name}: ${value}`)];
}

/** @param {string} text */
function escaped(text) {
	return [...new TextEncoder().encode(text)]
		.map((byte) => {
			const character = String.fromCharCode(byte);
			return /[\w :/.,@%+=-]/.test(character) && byte < 128
				? character
				: `\\x${byte.toString(16).padStart(2, "0")}`;
		})
		.join("");
}
