// A request of the API in the languages of its clients: a shell, JavaScript, Python, TypeScript.

import { asCurl, urlOf } from "./api.js";

/**
 * The languages. `write` gets the request, and the content of its answer; null until it is known.
 * @type {{id: string, label: string, write: (asked: AskedBy, content: any) => string}[]}
 */
export const LANGUAGES = [
	{ id: "curl", label: "curl", write: (asked) => asCurl(...parts(asked)) },
	{ id: "fetch", label: "fetch", write: asFetch },
	{ id: "python", label: "Python", write: asPython },
	{ id: "typescript", label: "TypeScript", write: asTypeScript },
];

/** @param {AskedBy} asked @returns {[Caller, Operation, string | undefined, Query | undefined]} */
function parts({ caller, operation, visitorId, query }) {
	return [caller, operation, visitorId, query];
}

/** @param {AskedBy} asked */
function asFetch(asked) {
	return [...fetching(asked), "const { data } = await response.json();"].join("\n");
}

/** @param {AskedBy} asked */
function fetching(asked) {
	return [
		`const response = await fetch(${JSON.stringify(urlOf(...parts(asked)))}, {`,
		`  headers: { Authorization: ${JSON.stringify(`Bearer ${asked.caller.key}`)} },`,
		"});",
	];
}

/** @param {AskedBy} asked */
function asPython(asked) {
	return [
		"import requests",
		"",
		"response = requests.get(",
		`    ${JSON.stringify(urlOf(...parts(asked)))},`,
		`    headers={"Authorization": ${JSON.stringify(`Bearer ${asked.caller.key}`)}},`,
		"    timeout=30,",
		")",
		"response.raise_for_status()",
		'data = response.json()["data"]',
	].join("\n");
}

/** @param {AskedBy} asked @param {any} content */
function asTypeScript(asked, content) {
	const name = `${asked.operation.replace(/^(get|list)/, "")}Answer`;
	const shape = content?.status === "success" ? typeOf(content) : "{ status: string; data: unknown }";
	return [
		`type ${name} = ${shape};`,
		"",
		...fetching(asked),
		"if (!response.ok) throw new Error(response.statusText);",
		`const { data } = (await response.json()) as ${name};`,
	].join("\n");
}

/** Writes the TypeScript type of a value; the type of a list is that of its first item. @param {any} value @param {string} [indent] @returns {string} */
function typeOf(value, indent = "") {
	if (value === null) return "null";
	if (Array.isArray(value)) return `Array<${value.length === 0 ? "unknown" : typeOf(value[0], indent)}>`;
	if (typeof value !== "object") return typeof value;
	const members = Object.entries(value).map(([name, member]) => {
		const written = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
		return `${indent}  ${written}: ${typeOf(member, `${indent}  `)};`;
	});
	return members.length === 0 ? "Record<string, unknown>" : `{\n${members.join("\n")}\n${indent}}`;
}
