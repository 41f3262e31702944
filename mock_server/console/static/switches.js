// The switches: website, time, revision, faults and rate limit, for one key or for all.

import { ControlProblem, get, patch, put } from "./controls.js";
import { at, h, reconcile, say } from "./dom.js";
import { Pills } from "./pills.js";
import { FAULTS, described, isLive, progress, simpleRule, withPart } from "./rules.js";

const SPEEDS = [1, 10, 60];
const STEPS = {
  "−1 h": -3_600_000,
  "−1 min": -60_000,
  "+1 s": 1000,
  "+1 min": 60_000,
  "+1 h": 3_600_000,
  "+1 d": 86_400_000,
};
const DELAYS = { "no delay": null, "0.5 s": 500, "2 s": 2000, "10 s": 10_000 };
const LIMITS = { "server’s default": null, "3/min": 3, "20/min": 20, "60/min": 60 };
const TIMES = { always: null, once: 1, twice: 2, "five times": 5 };
const REVISIONS = {
  "2026-02":
    "The answers documented in early 2026: system.browser is an object, visitors have fifteen members with coordinates.",
  "2026-06":
    "The answers documented since mid 2026: system.browser is a string, visitors have six members and no coordinates.",
};

/**
 * The present state, from the controls.
 * @typedef {object} Held
 * @property {string} key
 * @property {any} state of the key: site, revision, clock
 * @property {any} own settings of the key
 * @property {any} common settings of the server, for all keys
 * @property {any[]} sites
 * @property {any[]} operations
 */

export class Switches {
  /** @type {Held | null} */
  #held = null;
  #isForAll = false;
  /** Whether the choices are listed. */
  #isPrepared = false;
  /** The queue of changes; each change waits for the previous one, and reads its result. */
  #queue = Promise.resolve();
  /** The operation and the number of times for which the field "How often" was last set. */
  #timesAbout = "";
  /** Whether the last problem was that no answer came. */
  #isOutage = false;

  /**
   * @param {() => Promise<void>} changed called after each change
   * @param {(websiteId: string) => void} chooseWebsite called if an account token changes its website
   */
  constructor(changed, chooseWebsite) {
    this.changed = changed;
    this.chooseWebsite = chooseWebsite;
    this.scope = new Pills(
      at("scope"),
      [
        { value: false, label: "this key" },
        { value: true, label: "every key" },
      ],
      (isForAll) => this.#choose(isForAll),
    );
    this.speeds = new Pills(
      at("speeds"),
      SPEEDS.map((value) => ({
        value,
        label: `×${value}`,
        title: `${value} seconds pass in each real second`,
      })),
      (speed) => this.#ownClock({ speed, frozen: false }),
    );
    this.steps = new Pills(at("steps"), choices(STEPS), (advance) => this.#clock({ advance }));
    this.revisions = new Pills(
      at("revisions"),
      Object.keys(REVISIONS).map((value) => ({ value, label: value })),
      (revision) => this.#set({ revision }),
    );
    this.delays = new Pills(at("delays"), choices(DELAYS), (delay) => this.#break("delay", delay));
    this.faults = new Pills(
      at("faults"),
      [
        { value: null, label: "undamaged" },
        ...Object.entries(FAULTS).map(([value, title]) => ({ value, label: value, title })),
      ],
      (fault) => this.#break("fault", fault),
    );
    this.limits = new Pills(at("limits"), choices(LIMITS), (limit) =>
      this.#set({ rateLimit: limit === null ? null : { limit, window: 60 } }),
    );
    this.codes = new Pills(at("codes"), [], () => {});
    at("times").append(
      ...Object.entries(TIMES).map(([name, count]) => h("option", { value: count ?? "" }, name)),
    );
    at("play").addEventListener("click", () => this.#ownClock({ frozen: !this.#held?.state.frozen }));
    at("website").addEventListener("change", () => this.#website());
    at("operation").addEventListener("change", () => this.#showBreak());
    at("times").addEventListener("change", () => this.#retime());
    at("repair").addEventListener("click", () => this.repair());
    at("defaults").addEventListener("click", () => this.#reset());
    at("present").addEventListener("click", () => this.#clock({ now: new Date().toISOString() }));
    at("jump").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.#clock({ now: `${at("instant").value}Z` });
    });
  }

  /** Disables the switches until the present state is known. */
  wait() {
    this.#held = null;
    at("banner").hidden = true;
    for (const id of ["clock", "switch-board"]) at(id).disabled = true;
  }

  /** @param {Held} held */
  show(held) {
    const isOther = this.#held?.key !== held.key;
    this.#held = held;
    if (!this.#isPrepared) this.#prepare(held);
    for (const id of ["clock", "switch-board"]) at(id).disabled = false;
    const { state, own, common } = held;
    const revision = this.#isForAll ? common.revision : state.revision;
    this.scope.press(this.#isForAll);
    say(at("scope-text"), this.#isForAll ? overrides(held.key, own) : "");
    this.speeds.press(state.frozen ? null : state.speed);
    this.revisions.press(revision);
    say(
      at("revision-text"),
      REVISIONS[/** @type {keyof typeof REVISIONS} */ (revision)] ??
        "The revision with which the mock was started.",
    );
    if (this.#isOutage) this.#complain("");
    const limit = this.#settings().rateLimit;
    this.limits.press(limit === null ? null : limit.window === 60 ? limit.limit : undefined);
    const label = state.frozen ? "Start the clock" : "Pause the clock";
    at("play").setAttribute("aria-label", label);
    at("play").title = label;
    say(at("play").firstElementChild, state.frozen ? "▶" : "❚❚");
    if (isOther) at("instant").value = state.now.slice(0, 19);
    this.#showWebsite();
    this.#showBreak();
    this.#showBanner();
  }

  /** Removes all fault rules, the key's and the server's. */
  async repair() {
    const held = this.#held;
    if (held === null) return;
    await this.#do(async () => {
      if (held.own.faults.length > 0) await patch("/settings", { faults: [] }, { key: held.key });
      if (held.common.faults.length > 0) await patch("/settings", { faults: [] });
    });
  }

  /** Returns the documented statuses of an operation. @param {string} operation @returns {number[]} */
  statuses(operation) {
    return this.#held?.operations.find(({ operationId }) => operationId === operation)?.statuses ?? [];
  }

  /** Adds a rule before the other rules of a key; null means the rules for all keys. @param {any} rule @param {string | null} key */
  add(rule, key) {
    return this.#rewrite(key, (faults) => [rule, ...faults]);
  }

  /** Removes a rule of a key; null means a rule for all keys. @param {any} rule @param {string | null} key */
  drop(rule, key) {
    return this.#rewrite(key, (faults) => faults.filter((other) => !isEqual(other, rule)));
  }

  /** @param {string | null} key @param {(faults: any[]) => any[]} changed */
  #rewrite(key, changed) {
    this.#isForAll = key === null;
    return this.#do(async () =>
      patch("/settings", { faults: changed((await get("/settings", { key })).faults) }, { key }),
    );
  }

  /** @param {Held} held */
  #prepare({ sites, operations }) {
    this.#isPrepared = true;
    at("website").append(
      h("option", { value: "" }, "(as started)"),
      ...sites.map(({ name, description }) => h("option", { value: name, title: description }, name)),
    );
    const names = [["", "all"], ...operations.map(({ operationId, path }) => [operationId, path])];
    at("operation").append(...names.map(([value, text]) => h("option", { value }, text)));
  }

  #showWebsite() {
    const { state, common, sites } = /** @type {Held} */ (this.#held);
    const name = this.#isForAll ? common.site : state.site;
    const select = at("website");
    if (document.activeElement !== select) select.value = name ?? "";
    const site = sites.find((each) => each.name === name);
    say(at("website-text"), site?.description ?? "The website with which the mock was started.");
  }

  #showBreak() {
    const held = this.#held;
    if (held === null) return;
    const settings = this.#settings();
    const operation = at("operation").value;
    const rule = simpleRule(settings.faults, operation);
    this.#showCodes(
      held.operations.filter(({ operationId }) => operation === "" || operationId === operation),
    );
    this.codes.press(rule?.then.code ?? null);
    this.delays.press(rule?.then.delay ?? null);
    this.faults.press(rule?.then.fault ?? null);
    const fault = /** @type {keyof typeof FAULTS | undefined} */ (rule?.then.fault);
    say(at("fault-text"), fault === undefined ? "" : `${FAULTS[fault]}.`);
    // The field is set only for another operation or rule, so that the user's choice for a next rule stays.
    const about = JSON.stringify([operation, rule?.times]);
    if (about !== this.#timesAbout) this.#showTimes(rule?.times);
    this.#timesAbout = about;
    const rows = settings.faults.map((/** @type {any} */ each, /** @type {number} */ number) => ({
      rule: each,
      count: settings.counts[number],
      key: JSON.stringify([number, each]),
    }));
    reconcile(
      at("rules"),
      rows,
      ({ key }) => key,
      (row) => this.#ruleRow(row.rule),
      (element, row) =>
        say(
          /** @type {any} */ (element.firstElementChild),
          described(row.rule) + progress(row.rule, row.count),
        ),
    );
  }

  /** @param {number | undefined} count undefined for always */
  #showTimes(count) {
    const select = at("times");
    const value = String(count ?? "");
    if (![...select.options].some((option) => option.value === value))
      select.append(h("option", { value }, `${count} times`));
    select.value = value;
  }

  /** @param {any} rule */
  #ruleRow(rule) {
    const isOther = (/** @type {any} */ other) => !isEqual(other, rule);
    const remove = () => this.#change(({ faults }) => ({ faults: faults.filter(isOther) }));
    return h("li", {}, h("span"), " ", h("button", { type: "button", onclick: remove }, "Remove"));
  }

  /** Lists the statuses that the document has for the operations. @param {any[]} operations */
  #showCodes(operations) {
    const statuses = [...new Set(operations.flatMap(({ statuses }) => statuses))]
      .filter((status) => status >= 400)
      .sort();
    const shown = this.codes.buttons.map(({ value }) => value);
    if (shown.length === statuses.length + 1 && statuses.every((status) => shown.includes(status))) return;
    this.codes = new Pills(
      at("codes"),
      [{ value: null, label: "none" }, ...statuses.map((value) => ({ value, label: String(value) }))],
      (code) => this.#break("code", code),
    );
  }

  #showBanner() {
    const { key, own, common } = /** @type {Held} */ (this.#held);
    const told = [
      ...live(own).map((what) => `with ${key} ${what}`),
      ...live(common).map((what) => `with any key ${what}`),
    ];
    at("banner").hidden = told.length === 0;
    say(at("banner-text"), told.join("; "));
  }

  #settings() {
    const { own, common } = /** @type {Held} */ (this.#held);
    return this.#isForAll ? common : own;
  }

  #scope() {
    return { key: this.#isForAll ? null : /** @type {Held} */ (this.#held).key };
  }

  /** @param {boolean} isForAll */
  #choose(isForAll) {
    this.#isForAll = isForAll;
    if (this.#held !== null) this.show(this.#held);
  }

  #website() {
    const { state, sites } = /** @type {Held} */ (this.#held);
    const name = at("website").value;
    if (state.permissions === null || this.#isForAll) void this.#set({ site: name === "" ? null : name });
    else if (name !== "") this.chooseWebsite(sites.find((site) => site.name === name).websiteId);
  }

  /** @param {"code" | "delay" | "fault"} part @param {any} value */
  #break(part, value) {
    const times = at("times").value === "" ? null : Number(at("times").value);
    const operation = at("operation").value;
    void this.#change(({ faults }) => ({ faults: withPart(faults, operation, part, value, times) }));
  }

  #retime() {
    if (this.#held === null) return;
    const rule = simpleRule(this.#settings().faults, at("operation").value);
    if (rule === undefined) return;
    const [part] = /** @type {["code" | "delay" | "fault"]} */ (
      Object.keys(rule.then).filter((name) => name !== "pointer")
    );
    this.#break(part, rule.then[part]);
  }

  #reset() {
    const scope = this.#scope();
    void this.#do(() => put("/settings", {}, scope));
  }

  /** @param {any} change */
  #set(change) {
    return this.#change(() => change);
  }

  /** Changes the settings as they are when all earlier changes are done. @param {(settings: any) => any} changed */
  #change(changed) {
    const scope = this.#scope();
    return this.#do(async () => patch("/settings", changed(await get("/settings", scope)), scope));
  }

  /** @param {any} change */
  #clock(change) {
    const scope = this.#scope();
    return this.#do(() => put("/clock", change, scope));
  }

  /** Changes the key's clock, which the header shows. @param {any} change */
  #ownClock(change) {
    const { key } = /** @type {Held} */ (this.#held);
    return this.#do(() => put("/clock", change, { key }));
  }

  /** @param {() => Promise<any>} act */
  #do(act) {
    this.#queue = this.#queue.then(async () => {
      this.#complain("");
      try {
        await act();
      } catch (error) {
        if (!(error instanceof ControlProblem)) throw error;
        this.#isOutage = error.status === 0;
        this.#complain(error.message);
      }
      await this.changed();
    });
    return this.#queue;
  }

  /** @param {string} problem empty if there is none */
  #complain(problem) {
    at("switch-problem").hidden = problem === "";
    say(at("switch-problem"), problem);
  }
}

/** Shows the settings that a key has of its own. @param {string} key @param {any} own */
function overrides(key, own) {
  const names = { site: "website", revision: "revision", rateLimit: "rate limit" };
  const set = Object.entries(names).flatMap(([name, text]) => (own[name] === null ? [] : [text]));
  return set.length === 0 ? "" : `${key} has settings of its own: ${set.join(", ")}.`;
}

/** Returns whether two rules have the same members, in any order. @param {any} one @param {any} other */
function isEqual(one, other) {
  const sorted = (/** @type {string} */ _, /** @type {any} */ value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value;
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}

/** @param {Record<string, any>} table */
function choices(table) {
  return Object.entries(table).map(([label, value]) => ({ value, label }));
}

/** Describes the rules that can still apply. @param {any} settings @returns {string[]} */
function live({ faults, counts }) {
  return faults
    .filter((/** @type {import("./rules.js").Rule} */ rule, /** @type {number} */ number) =>
      isLive(rule, counts[number]),
    )
    .map(described);
}
