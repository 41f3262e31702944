// The page /verify: it starts a run of the contract kit, and shows its events as they come.

import { ControlProblem, download, get, post, remove, request, useToken } from "./controls.js";
import { at, button, h, reconcile, say } from "./dom.js";
import { byGravity, card, classOf, isFailing, OUTCOMES, row } from "./verdicts.js";

const PATH = "/verification";
const KEY = "df_test";
const HEADLINES = {
	holds: "✓ Holds",
	broken: "✗ Broken",
	partial: "? Partial",
	"no verdict": "? No verdict",
};
/** The reports by their name on the page, each with its kind and the suffix of its file. */
const REPORTS = {
	HTML: ["html", "html"],
	JSON: ["json", "json"],
	SARIF: ["sarif", "sarif"],
	JUnit: ["junit", "xml"],
};

/** @type {Map<string, Verdict>} */
let verdicts = new Map();
let clauses = 0;
let requests = 1;
/** The base URL of the server that the verdict is about; the form may name another server. */
let base = "";
/** The number of runs that were followed. */
let turn = 0;
/** The only outcome that the list shows; empty for all. */
let chosen = "";
let state = { state: "none", install: /** @type {string | null} */ (null) };

at("search").addEventListener("input", showRows);
at("url").addEventListener("input", () => {
	// Any other server refuses the mock's tokens, so a verdict with them would be wrong.
	at("mock-tokens").checked = isOwn();
});
at("run").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
	event.preventDefault();
	void guarded(start);
});
at("cancel").addEventListener("click", () => guarded(() => remove(PATH)));
at("reports").append(
	h("span", { class: "faint" }, "Report"),
	...Object.entries(REPORTS).map(([name, [kind, suffix]]) =>
		button(
			{ onclick: () => guarded(() => download(`${PATH}/report`, { kind }, `datafast-contract.${suffix}`)) },
			name,
		),
	),
);
at("url").value = location.origin;
at("key").value = KEY;
void guarded(look);

/** Shows the latest run, if there is one, and whether there can be one. */
async function look() {
	state = await get(PATH);
	const { install, targets } = /** @type {any} */ (state);
	at("targets").replaceChildren(
		...[location.origin, ...targets].map((origin) => h("option", { value: origin })),
	);
	at("install").hidden = install === null;
	at("install").replaceChildren("Verifying needs more packages: ", h("code", {}, install ?? ""));
	showButtons();
	if (state.state !== "none") await follow();
}

async function start() {
	const body = {
		url: at("url").value.trim(),
		key: at("key").value.trim(),
		accountToken: at("account").value.trim(),
		websiteId: at("website").value.trim(),
		mockTokens: at("mock-tokens").checked,
		revision: at("revision").value,
		only: at("only").value.trim(),
		strict: at("strict").checked,
		writes: at("writes").checked,
	};
	state = await post(PATH, body);
	showButtons();
	await follow();
}

/** Reads the events of the latest run to their end, and shows them. */
async function follow() {
	turn += 1;
	const mine = turn;
	verdicts = new Map();
	clauses = 0;
	chosen = "";
	judged("none", "Running", "");
	say(at("latest"), "");
	at("progress").value = 0;
	at("reports").hidden = true;
	show();
	const reply = await fetch(...request("GET", `${PATH}/events`, {}));
	if (!reply.ok || reply.body === null) throw new ControlProblem(reply.status, `status ${reply.status}`);
	const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
	let left = "";
	for (let part = await reader.read(); !part.done; part = await reader.read()) {
		// Another run was started meanwhile.
		if (mine !== turn) return reader.cancel();
		const lines = (left + part.value).split("\n");
		left = lines.pop() ?? "";
		for (const line of lines) take(JSON.parse(line));
		show();
	}
	state = await get(PATH);
	at("reports").hidden = /** @type {any} */ (state).reports.length === 0;
	showButtons();
}

/** @param {any} event */
function take(event) {
	if (event.event === "begin") {
		({ clauses, requests, base } = event);
		judged("none", "Running", `Verifying ${base} …`);
	} else if (event.event === "answer") {
		at("progress").value = event.number / requests;
		say(
			at("latest"),
			`${event.number}  ${event.method} ${event.url}  ${event.status}  ${event.milliseconds} ms`,
		);
	} else if (event.event === "verdict") verdicts.set(event.id, event);
	else if (event.event === "note") say(at("summary"), event.text);
	else if (event.event === "end") {
		const { verdict, summary, left, answers, seconds, revision } = event;
		judged(
			verdict,
			HEADLINES[/** @type {keyof typeof HEADLINES} */ (verdict)],
			[...summary, ...left].join(" "),
		);
		const by = revision === null ? "" : `, judged by revision ${revision}`;
		say(at("latest"), `${answers} answers from ${base} in ${seconds.toFixed(1)} s${by}`);
	} else {
		judged("no verdict", "? No verdict", event.text);
		say(at("latest"), "");
	}
}

/** Shows the verdict on the whole contract. @param {string} verdict @param {string} headline @param {string} summary */
function judged(verdict, headline, summary) {
	at("verdict").className = `panel ${classOf(verdict)}`;
	say(at("headline"), headline);
	say(at("summary"), summary);
	document.title = `${headline} · Verify · datafast-mock`;
}

function show() {
	const counts = OUTCOMES.map((each) => ({ ...each, count: found(each.outcome).length })).filter(
		({ count }) => count > 0,
	);
	if (!counts.some(({ outcome }) => outcome === chosen)) chosen = "";
	reconcile(at("totals"), counts, ({ outcome, count }) => `${outcome} ${count}`, total);
	reconcile(
		at("share"),
		[...counts, { outcome: "open", count: clauses - verdicts.size }].filter(({ count }) => count > 0),
		({ outcome }) => outcome,
		({ outcome }) => h("span", { class: classOf(outcome) }),
		(bar, { count }) => {
			bar.style.flexGrow = String(count);
		},
	);
	const failing = byGravity([...verdicts.values()].filter(isFailing));
	reconcile(at("failing"), failing, (verdict) => JSON.stringify(verdict), card);
	at("clauses").hidden = verdicts.size === 0;
	showRows();
}

/** Makes the button that limits the list to an outcome. @param {{outcome: string, sign: string, label: string, count: number}} total */
function total({ outcome, sign, label, count }) {
	return button(
		{
			class: classOf(outcome),
			"data-outcome": outcome,
			onclick: () => {
				chosen = chosen === outcome ? "" : outcome;
				showRows();
			},
		},
		h("span", { class: "outcome" }, sign),
		h("b", {}, ` ${count}`),
		` ${label}`,
	);
}

function showRows() {
	for (const button of at("totals").children)
		button.setAttribute("aria-pressed", String(button.dataset.outcome === chosen));
	const wanted = at("search").value.trim().toLowerCase();
	const shown = byGravity(found(chosen)).filter(({ id, sentence }) =>
		`${id} ${sentence}`.toLowerCase().includes(wanted),
	);
	say(
		at("clauses-title"),
		shown.length === clauses ? `All ${clauses} clauses` : `${shown.length} of ${clauses} clauses`,
	);
	reconcile(at("rows"), shown, ({ id, outcome, cases }) => `${id} ${outcome} ${cases}`, row);
}

/** Returns the verdicts with an outcome, or all of them. @param {string} outcome */
function found(outcome) {
	return [...verdicts.values()].filter((verdict) => outcome === "" || verdict.outcome === outcome);
}

function showButtons() {
	const isRunning = state.state === "running";
	at("start").disabled = isRunning || state.install !== null;
	at("cancel").hidden = !isRunning;
	at("progress").hidden = !isRunning;
}

/** Runs an action that the controls may refuse, and shows their reason. @param {() => Promise<any>} act */
async function guarded(act) {
	say(at("refused"), "");
	if (at("token").value !== "") useToken(at("token").value.trim());
	at("token").value = "";
	try {
		await act();
	} catch (error) {
		const problem =
			error instanceof ControlProblem ? error : new ControlProblem(0, "The run cannot be followed.");
		if (problem.status === 401) at("unlock").hidden = false;
		say(at("refused"), problem.message);
		if (problem.status === 409) return;
		// If the mock has stopped, the run has ended, too.
		state = { ...state, state: "none" };
		showButtons();
	}
}

function isOwn() {
	try {
		return new URL(at("url").value).origin === location.origin;
	} catch {
		return false;
	}
}
