// The console: joins what the API answers, the controls, and the parts of the page.

import { Answer, copy } from "./answer.js";
import { Trouble, ask, asCurl } from "./api.js";
import { ControlProblem, post, useToken } from "./controls.js";
import { at, h, reconcile, say } from "./dom.js";
import { Feed } from "./feed.js";
import { clockTime, counted, dateTime, size } from "./format.js";
import { Journal } from "./journal.js";
import { WorldMap } from "./map.js";
import { People } from "./people.js";
import { Profile } from "./profile.js";
import { readKeys, readLasting, readSettings } from "./state.js";
import { Switches } from "./switches.js";

const CONTROL_PAUSE = 1000;
const PROFILE_PAUSE = 4000;
const USUAL_KEY = "df_test";

/** @type {import("./api.js").Caller} */
let caller = { base: "", key: USUAL_KEY, websiteId: null };
/** @type {Map<string, import("./poller.js").Visitor>} */
const visitors = new Map();
let instant = 0;
let isFirst = true;
/** The visitor whose profile is open; empty for none. */
let opened = "";
let openedAt = 0;
/** What was focused before the profile opened. @type {any} */
let before = null;
/** What the clock showed when, and how fast it runs. */
let clock = { now: 0, speed: 0, at: 0 };
let asking = 0;
/** Whether the controls want a token, or are off: then they are left alone. */
let isRefused = false;
/** Whether the mock has the key; asked for another one, the controls would answer 404. */
let isKnown = true;

const poller = new Worker("/console/poller.js", { type: "module" });
const answer = new Answer();
const map = new WorldMap(at("map"), open);
const feed = new Feed(open, (visitorId) => visitors.get(visitorId)?.name ?? null);
const people = new People(open);
const profile = new Profile(close, (visitorId) =>
  answer.open({ caller, operation: "getVisitor", visitorId }),
);
const journal = new Journal();
const switches = new Switches(refresh, (websiteId) => begin({ ...caller, websiteId }));
/** What never changes while the mock runs. @type {import("./state.js").Lasting | null} */
let lasting = null;

poller.onmessage = (/** @type {MessageEvent} */ { data }) => {
  asking = data.kind === "asking" ? performance.now() : 0;
  if (data.kind === "answer") answered(data);
  if (data.kind === "trouble") troubled(data.trouble);
};
document.addEventListener("visibilitychange", () => poller.postMessage({ isPaused: document.hidden }));
window.addEventListener("hashchange", () => begin({ ...caller, ...hashed() }));
at("key").addEventListener("change", () =>
  begin({ ...caller, key: at("key").value.trim() || USUAL_KEY, websiteId: null }),
);
at("new-key").addEventListener("click", mint);
at("unlock").addEventListener("submit", unlock);
for (const button of document.querySelectorAll("[data-request]")) {
  button.addEventListener("click", () =>
    answer.open({ caller, operation: /** @type {any} */ (button).dataset.request }),
  );
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(at(/** @type {any} */ (button).dataset.copy).textContent));
}
setInterval(tick, 200);
void map.load();
void begin({ ...caller, ...hashed() }).then(control);

/** Looks at the world with another key, or at another website. @param {import("./api.js").Caller} next */
async function begin(next) {
  const isOtherKey = next.key !== caller.key || caller.base === "";
  caller = next;
  at("key").value = caller.key;
  if (caller.key !== USUAL_KEY || location.hash !== "")
    history.replaceState(null, "", `#${new URLSearchParams({ key: caller.key })}`);
  close();
  clear();
  switches.wait();
  if (isOtherKey) await learn();
  journal.use(caller.key);
  say(at("first-curl"), asCurl(caller, "getRealtimeMap"));
  poller.postMessage({ caller });
  await refresh(false);
}

/** Where the API is, which keys there are, and which website an account token is to look at first. */
async function learn() {
  /** @type {import("./state.js").Listed | undefined} */
  let key;
  const listed = unlessRefused(async () => {
    const keys = await readKeys();
    showKeys(keys);
    key = keys.find((each) => each.key === caller.key);
    isKnown = key !== undefined;
  });
  [lasting] = await Promise.all([lasting ?? readLasting(), listed]);
  caller.base = lasting.base;
  if (caller.key.startsWith("dft_")) caller.websiteId ??= firstWebsite(lasting.sites, key?.websites ?? []);
}

/** @param {any[]} sites @param {string[]} allowed their names; none are all */
function firstWebsite(sites, allowed) {
  return (sites.find(({ name }) => allowed.length === 0 || allowed.includes(name)) ?? sites[0]).websiteId;
}

function clear() {
  visitors.clear();
  isFirst = true;
  map.clear();
  feed.apply([], [], instant);
  people.show([], instant);
}

/** @param {any} news what the poller found */
function answered(news) {
  instant = news.instant;
  at("trouble").hidden = true;
  document.body.classList.remove("is-stale");
  say(at("active"), counted(news.active));
  say(at("active-word"), news.active === 1 ? "visitor" : "visitors");
  say(at("latest"), `${size(news.bytes)} in ${Math.round(news.took)} ms, of ${dateTime(instant)} UTC`);
  if (!news.isSame) {
    for (const visitorId of news.removed) visitors.delete(visitorId);
    for (const visitor of [...news.added, ...news.changed]) visitors.set(visitor.visitorId, visitor);
    map.apply({ ...news, isFirst });
    feed.apply(news.events, news.payments, instant);
    people.show([...visitors.values()], instant);
    isFirst = false;
  }
  if (opened !== "" && performance.now() - openedAt > PROFILE_PAUSE) void inspect(opened);
}

/** @param {{operation: string, message: string, status: number, retryAfter: number | null}} trouble */
function troubled({ operation, message, status, retryAfter }) {
  const parts = [
    `${operation} ${status === 0 ? "gets no answer" : `answers ${status}`}: ${message}`,
    retryAfter === null ? "" : ` A client may ask again after ${retryAfter} s.`,
    isFirst ? "" : ` The picture is that of ${clockTime(instant)}.`,
  ];
  at("trouble").hidden = false;
  say(at("trouble"), parts.join(""));
  document.body.classList.add("is-stale");
}

/** Opens somebody's profile. @param {string} visitorId */
function open(visitorId) {
  if (opened === "") before = document.activeElement;
  opened = visitorId;
  map.select(visitorId);
  profile.open({ visitorId, visitor: visitors.get(visitorId), data: null, problem: "", instant });
  void inspect(visitorId);
}

/** Fetches the profile that is open, and shows it. @param {string} visitorId */
async function inspect(visitorId) {
  openedAt = performance.now();
  /** @type {any} */
  let data = null;
  let problem = "";
  try {
    ({ data } = await ask(caller, "getVisitor", { visitorId }));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    problem = `${error.status === 0 ? "No answer" : `Status ${error.status}`}: ${error.message}`;
  }
  if (opened === visitorId)
    profile.show({ visitorId, visitor: visitors.get(visitorId), data, problem, instant });
}

function close() {
  if (opened === "") return;
  opened = "";
  map.select("");
  profile.hide();
  if (before?.isConnected) before.focus();
  before = null;
}

/** Every second: the journal, and what the controls say. */
async function control() {
  if (!document.hidden && !isRefused) await unlessRefused(() => journal.poll());
  setTimeout(async () => {
    if (!document.hidden && !isRefused) await refresh(false);
    void control();
  }, CONTROL_PAUSE);
}

/** Shows what holds now; after a change the world is asked again at once. */
async function refresh(hasChanged = true) {
  if (hasChanged) poller.postMessage({});
  if (!isKnown || lasting === null) return;
  const { sites, operations } = lasting;
  await unlessRefused(async () => {
    const { key } = caller;
    const settings = await readSettings(key);
    if (key !== caller.key) return;
    const { state } = settings;
    state.site ??= sites.find(({ websiteId }) => websiteId === caller.websiteId)?.name ?? null;
    clock = { now: Date.parse(state.now), speed: state.frozen ? 0 : state.speed, at: performance.now() };
    switches.show({ key, ...settings, sites, operations });
    say(at("site"), state.site ?? "The website");
    say(at("revision"), `Revision ${state.revision}.`);
    document.title = `${state.site} · datafast-mock`;
  });
}

/** @param {any[]} keys */
function showKeys(keys) {
  reconcile(
    at("keys"),
    keys,
    ({ key }) => key,
    ({ key, label, description }) => h("option", { value: key }, label || description || ""),
  );
}

async function mint() {
  await unlessRefused(async () => {
    const { key } = await post("/keys", { label: "made in the console" });
    await begin({ ...caller, key, websiteId: null });
  });
}

/**
 * Does what needs the controls. Where they are refused it says why, and the page goes on without them.
 * @param {() => Promise<void>} act
 */
async function unlessRefused(act) {
  let refusal = "";
  try {
    await act();
    if (!isKnown) refusal = `${caller.key} is no key of this mock; the API answers 401.`;
  } catch (error) {
    if (!(error instanceof ControlProblem)) throw error;
    isRefused = error.status === 401 || error.status === 403;
    // It was forgotten.
    if (error.status === 404) isKnown = false;
    for (const part of at("unlock").querySelectorAll("label, input, button"))
      part.hidden = error.status !== 401;
    refusal = error.message;
  }
  at("switch-board").hidden = refusal !== "";
  at("unlock").hidden = refusal === "";
  say(at("unlock-text"), refusal);
}

/** @param {Event} event */
async function unlock(event) {
  event.preventDefault();
  useToken(at("token").value.trim());
  isRefused = false;
  await begin({ ...caller, base: "" });
}

/** What only time changes. */
function tick() {
  const now = clock.now + (performance.now() - clock.at) * clock.speed;
  say(at("now"), clock.at === 0 ? "–" : dateTime(now));
  const waiting = asking === 0 ? 0 : performance.now() - asking;
  document.body.classList.toggle("is-waiting", waiting > 1500);
  if (waiting > 1500) say(at("latest"), `waiting for an answer for ${Math.floor(waiting / 1000)} s …`);
}

function hashed() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  return key === null ? {} : { key };
}
