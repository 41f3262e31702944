// The journal: the requests of clients, the stages that decided their answers, and findings.

import { copy } from "./clipboard.js";
import { download, get, remove } from "./controls.js";
import { at, h, reconcile, say } from "./dom.js";
import { clockTime, counted, size } from "./format.js";
import { notedAsCurl } from "./shell.js";

const MOST_KEPT = 500;
const MOST_SHOWN = 100;

export class Journal {
  /** @type {any[]} oldest first */
  #requests = [];
  #last = 0;
  #key = "";
  /** The number of restarts of the list; answers from before the last one are dropped. */
  #turn = 0;

  /** @param {(act: () => Promise<void>) => Promise<void>} guard runs an action that the controls may refuse */
  constructor(guard) {
    this.guard = guard;
    this.rows = at("journal-rows");
    for (const id of ["journal-status", "journal-lint", "journal-search"])
      at(id).addEventListener("input", () => this.#show());
    at("journal-scope").addEventListener("input", () => this.#begin());
    at("journal-clear").addEventListener("click", () => this.#clear());
    at("journal-har").addEventListener("click", () => this.#save());
  }

  /** Sets the key that "this key" means; empty if there is none yet. @param {string} key */
  use(key) {
    this.#key = key;
    if (at("journal-scope").value === "key") this.#begin();
    else this.#show();
  }

  /** Fetches new requests, or all after a restart of the mock. Throws ControlProblem. */
  async poll() {
    if (this.#isWaiting) return;
    const turn = this.#turn;
    const key = this.#scope();
    const [newest] = (await get("/requests", { key, limit: 1 })).requests;
    if (turn !== this.#turn || newest === undefined) return;
    await this.#finish(key, turn);
    if (turn !== this.#turn || isSame(newest, this.#requests.at(-1))) return;
    const isAnew = newest.number <= this.#last;
    const before = this.#last;
    const after = isAnew || before === 0 ? null : before;
    const { requests } = await get("/requests", { key, limit: MOST_KEPT, after });
    // Another poll may have fetched the same meanwhile.
    if (turn !== this.#turn || before !== this.#last || requests.length === 0) return;
    this.#last = requests.at(-1).number;
    this.#requests = [...(isAnew ? [] : this.#requests), ...requests].slice(-MOST_KEPT);
    this.#show();
  }

  /** Fetches again the requests whose answers were not finished. @param {string | null} key @param {number} turn */
  async #finish(key, turn) {
    const open = this.#requests.find(({ duration }) => duration === null);
    if (open === undefined) return;
    const later = (await get("/requests", { key, limit: MOST_KEPT, after: open.number - 1 })).requests;
    if (turn !== this.#turn) return;
    const found = new Map(later.map((/** @type {any} */ request) => [request.number, request]));
    this.#requests = this.#requests.map((request) => {
      const again = found.get(request.number);
      return again !== undefined && isSame(again, request) && request.duration === null ? again : request;
    });
    this.#show();
  }

  /** Whether the key of "this key" is not known yet. */
  get #isWaiting() {
    return at("journal-scope").value === "key" && this.#key === "";
  }

  async #save() {
    await this.guard(() => download("/requests", { key: this.#scope(), format: "har" }, "datafast-mock.har"));
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
        String(request.status ?? "none").startsWith(status) &&
        (!isLint || request.lint.length > 0) &&
        (wanted === "" || JSON.stringify(request).toLowerCase().includes(wanted)),
    );
    reconcile(
      this.rows,
      shown.slice(-MOST_SHOWN).reverse(),
      ({ number, time, duration }) => `${number} ${time} ${duration === null}`,
      entry,
    );
    for (const id of ["journal-har", "journal-clear"]) at(id).disabled = this.#requests.length === 0;
    at("journal-empty").hidden = shown.length > 0;
    const isFiltered = this.#requests.length > 0;
    say(at("journal-empty-text"), isFiltered ? noneOf(this.#requests.length) : "No request yet.");
    at("journal-start").hidden = isFiltered;
  }
}

/** @param {number} count */
function noneOf(count) {
  return count === 1 ? "The only request does not match." : `None of the ${counted(count)} requests matches.`;
}

/** @param {any} one @param {any} other */
function isSame(one, other) {
  return one.number === other?.number && one.time === other?.time;
}

/** @param {any} request */
function entry(request) {
  const { instant, time, method, target, status, operation, key, keyName, decidedBy, lint } = request;
  const { headers, requestBody, responseHeaders, responseBody, duration } = request;
  const summary = h(
    "summary",
    {},
    h("time", { class: "faint", title: `the world was at ${instant}` }, clockTime(Date.parse(time))),
    h(
      "span",
      { class: status === null ? "status s5" : `status s${Math.floor(status / 100)}` },
      status === null ? "–" : String(status),
    ),
    h("span", { class: "what mono", dir: "auto" }, `${method} ${target}`),
    h("span", { class: "faint cost" }, cost(responseBody.size, duration)),
    lint.length === 0
      ? null
      : h("span", { class: "badge lint" }, lint.length === 1 ? "1 finding" : `${lint.length} findings`),
    h("span", { class: "faint by" }, h("bdi", {}, keyName ?? "no known key"), ` · ${decidedBy}`),
  );
  const details = h("details", {}, summary);
  details.addEventListener("toggle", () => {
    // The details are made only when they are opened.
    if (details.childElementCount > 1) return;
    details.append(
      ...lint.map((/** @type {any} */ finding) =>
        h("p", { class: "finding" }, h("b", {}, finding.rule), ` ${finding.message}`),
      ),
      h(
        "p",
        { class: "faint" },
        [
          operation ?? "no operation",
          keyName ?? key ?? "no known key",
          `world at ${instant}`,
          status === null ? (duration === null ? "not answered yet" : "nothing was sent") : "",
        ]
          .filter(Boolean)
          .join(" · "),
      ),
      h(
        "p",
        {},
        h(
          "button",
          { type: "button", onclick: () => copy(notedAsCurl(request, location.origin)) },
          "Copy as curl",
        ),
      ),
      ...part("Request", headers, requestBody),
      ...part("Answer", responseHeaders, responseBody),
    );
  });
  return details;
}

/** Writes size and duration as `57.9 kB, 3.2 ms`. @param {number} bytes @param {number | null} duration in ms */
function cost(bytes, duration) {
  if (duration === null) return "…";
  return `${size(bytes)}, ${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`;
}

/** Shows the headers, and the kept part of the body. @param {string} name @param {Record<string, string[]>} headers @param {any} body */
function part(name, headers, body) {
  const lines = Object.entries(headers).flatMap(([header, values]) =>
    values.map((value) => `${header}: ${value}`),
  );
  const shown = [];
  if (lines.length > 0) shown.push(h("pre", { class: "mono" }, lines.join("\n")));
  if (body !== null && body.size > 0) {
    const kind = body.encoding === null ? "" : `, in ${body.encoding}`;
    const extent = body.text === null ? "is not kept" : body.cut ? `begins${kind}` : `is${kind}`;
    shown.push(
      h("p", { class: "faint" }, `The body of ${size(body.size)} ${extent}${body.text === null ? "." : ":"}`),
    );
    if (body.text !== null) shown.push(h("pre", { class: "mono body", dir: "auto" }, body.text));
  }
  return shown.length === 0 ? [] : [h("h3", {}, name), ...shown];
}
