// The rows of the journal: each request is one line, and shows its headers and bodies when it is opened.

import { copy } from "./clipboard.js";
import { button, h } from "./dom.js";
import { clockTime, size } from "./format.js";
import { notedAsCurl } from "./shell.js";

/** Makes the row of a request. @param {any} request @param {EntryActions} actions */
export function entry(request, actions) {
	const { instant, time, method, target, status, keyName, decidedBy, lint, responseBody, duration } = request;
	const summary = h(
		"summary",
		{},
		h("time", { class: "faint", title: `the mock’s clock was at ${instant}` }, clockTime(Date.parse(time))),
		h("span", { class: `status s${Math.floor((status ?? 500) / 100)}` }, status ?? "–"),
		h("span", { class: "method mono" }, method),
		h("span", { class: "what mono", dir: "auto" }, target),
		h("span", { class: "faint cost" }, duration === null ? "…" : size(responseBody.size)),
		h("span", { class: "faint cost took" }, duration === null ? "" : took(duration)),
		h("span", { class: "faint by" }, h("bdi", {}, keyName ?? "no known key"), ` · ${decidedBy}`),
		lint.length === 0
			? null
			: h("span", { class: "badge lint" }, lint.length === 1 ? "1 finding" : `${lint.length} findings`),
	);
	const details = h("details", {}, summary);
	details.addEventListener("toggle", () => {
		// The details are made only when they are opened.
		if (details.open && details.childElementCount === 1) details.append(opened(request, actions));
	});
	return details;
}

/** @param {number} duration in ms */
function took(duration) {
	return `${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`;
}

/** @param {any} request @param {EntryActions} actions */
function opened(request, actions) {
	const { instant, status, operation, key, keyName, lint, headers, requestBody, duration } = request;
	const answer = h("div", {}, ...answered(request));
	if (request.responseBody.cut)
		void actions.whole(request).then((whole) => answer.replaceChildren(...answered(whole)));
	const about = [
		operation ?? "no operation",
		keyName ?? key ?? "no known key",
		`clock at ${instant}`,
		status === null && (duration === null ? "not answered yet" : "nothing was sent"),
	];
	const form = actions.differently(request);
	if (form !== null) form.hidden = true;
	const differently = () => {
		if (form === null) return;
		form.hidden = !form.hidden;
		form.querySelector("select")?.focus();
	};
	return h(
		"div",
		{ class: "opened" },
		...lint.map((/** @type {any} */ finding) =>
			h("p", { class: "finding" }, h("b", {}, finding.rule), ` ${finding.message}`),
		),
		h("p", { class: "faint" }, about.filter(Boolean).join(" · ")),
		h(
			"div",
			{ class: "tools" },
			button({ onclick: () => copy(notedAsCurl(request, location.origin)) }, "Copy as curl"),
			form && button({ onclick: differently }, "Answer differently from now on"),
		),
		form,
		h("div", { class: "sides" }, h("div", {}, ...part("Request", headers, requestBody)), answer),
	);
}

/** @param {any} request */
function answered({ responseHeaders, responseBody }) {
	return part("Answer", responseHeaders, responseBody);
}

/** Shows the headers, and the stored part of the body. @param {string} name @param {Record<string, string[]>} headers @param {any} body */
function part(name, headers, body) {
	const lines = Object.entries(headers).flatMap(([header, values]) =>
		values.map((value) => `${header}: ${value}`),
	);
	const shown = [h("h3", {}, name)];
	if (lines.length > 0) shown.push(h("pre", { class: "mono" }, lines.join("\n")));
	if (body === null || body.size === 0) return lines.length > 0 ? shown : [];
	const kind = body.encoding === null ? "" : `, in ${body.encoding}`;
	const extent = body.text === null ? "is not kept." : body.cut ? `begins${kind}:` : `is${kind}:`;
	shown.push(h("p", { class: "faint" }, `The body of ${size(body.size)} ${extent}`));
	if (body.text === null) return shown;
	const text = h("pre", { class: "mono body", dir: "auto", tabindex: "0" }, pretty(body.text));
	shown.push(text);
	return shown;
}

/** Returns JSON with indents, and any other text as it is. @param {string} text */
function pretty(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}
