// The journal: what clients asked, what decided the answer, and what is to be said about the request.

import { get, remove } from "./controls.js";
import { at, h, reconcile } from "./dom.js";
import { clockTime } from "./format.js";

const MOST_KEPT = 500;
const MOST_SHOWN = 100;

export class Journal {
  /** @type {any[]} oldest first */
  #requests = [];
  #last = 0;
  #key = "";
  /** Counts what was begun anew, so that answers of before are not mixed in. */
  #turn = 0;

  /** @param {(act: () => Promise<void>) => Promise<void>} guard runs what the controls may refuse */
  constructor(guard) {
    this.guard = guard;
    this.rows = at("journal-rows");
    for (const id of ["journal-status", "journal-lint", "journal-search"])
      at(id).addEventListener("input", () => this.#show());
    at("journal-scope").addEventListener("input", () => this.#begin());
    at("journal-clear").addEventListener("click", () => this.#clear());
  }

  /** @param {string} key */
  use(key) {
    this.#key = key;
    if (at("journal-scope").value === "key") this.#begin();
  }

  /** Fetches what came since; after a restart of the mock, all anew. Throws ControlProblem. */
  async poll() {
    const turn = this.#turn;
    const key = this.#scope();
    const [newest] = (await get("/requests", { key, limit: 1 })).requests;
    if (turn !== this.#turn || newest === undefined || isSame(newest, this.#requests.at(-1))) return;
    const isAnew = newest.number <= this.#last;
    const after = isAnew || this.#last === 0 ? null : this.#last;
    const { requests } = await get("/requests", { key, limit: MOST_KEPT, after });
    if (turn !== this.#turn || requests.length === 0) return;
    this.#last = requests.at(-1).number;
    this.#requests = [...(isAnew ? [] : this.#requests), ...requests].slice(-MOST_KEPT);
    this.#show();
  }

  #scope() {
    return at("journal-scope").value === "key" ? this.#key : null;
  }

  #begin() {
    this.#turn += 1;
    this.#last = 0;
    this.#requests = [];
    this.#show();
    void this.guard(() => this.poll());
  }

  async #clear() {
    await this.guard(() => remove("/requests", { key: this.#scope() }));
    this.#begin();
  }

  #show() {
    const status = at("journal-status").value;
    const isLint = at("journal-lint").checked;
    const wanted = at("journal-search").value.trim().toLowerCase();
    const shown = this.#requests.filter(
      (request) =>
        String(request.status).startsWith(status) &&
        (!isLint || request.lint.length > 0) &&
        (wanted === "" || JSON.stringify(request).toLowerCase().includes(wanted)),
    );
    reconcile(
      this.rows,
      shown.slice(-MOST_SHOWN).reverse(),
      ({ number, time }) => `${number} ${time}`,
      entry,
    );
    at("journal-empty").hidden = this.#requests.length > 0;
  }
}

/** @param {any} one @param {any} other */
function isSame(one, other) {
  return one.number === other?.number && one.time === other?.time;
}

/** @param {any} request */
function entry({
  instant,
  time,
  method,
  path,
  query,
  headers,
  status,
  operation,
  key,
  label,
  decidedBy,
  lint,
}) {
  const search = Object.entries(query)
    .flatMap(([name, values]) => values.map((/** @type {string} */ value) => `${name}=${value}`))
    .join("&");
  const summary = h(
    "summary",
    {},
    h("time", { class: "faint", title: `the world was at ${instant}` }, clockTime(Date.parse(time))),
    h("span", { class: `status s${Math.floor(status / 100)}` }, String(status ?? "–")),
    h("span", { class: "what mono" }, `${method} ${path}${search === "" ? "" : `?${search}`}`),
    lint.length === 0
      ? null
      : h("span", { class: "badge lint" }, lint.length === 1 ? "1 finding" : `${lint.length} findings`),
    h("span", { class: "faint by" }, h("bdi", {}, label || (key ?? "no known key")), ` · ${decidedBy}`),
  );
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    values.map((/** @type {string} */ value) => `${name}: ${value}`),
  );
  return h(
    "details",
    {},
    summary,
    ...lint.map((/** @type {any} */ finding) =>
      h("p", { class: "finding" }, h("b", {}, finding.rule), ` ${finding.message}`),
    ),
    h(
      "p",
      { class: "faint" },
      [operation ?? "no operation", key ?? "no known key", `world at ${instant}`].join(" · "),
    ),
    h("pre", { class: "mono" }, lines.join("\n")),
  );
}
