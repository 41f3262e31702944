// The world map: a dot for each active visitor.

import { h, s } from "./dom.js";
import { anonymous, place } from "./format.js";
import { placeOf } from "./places.js";
import { HEIGHT, WIDTH, landPath, project } from "./projection.js";

/** The largest distance of a dot from its city, in units of the drawing. */
const SPREAD = 7;
/** The number of steps in which a dot gets paler while its visitor is idle, within ten minutes. */
const STEPS = 4;
const STEP = 600_000 / STEPS;
const MOST_PULSES = 40;
const VIEW = `0 0 ${WIDTH} ${HEIGHT}`;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @typedef {import("./poller.js").Visitor} Visitor
 * @typedef {{visitor: Visitor, element: SVGElement, x: number, y: number, step: number}} Dot
 */

export class WorldMap {
  /** @type {Map<string, Dot>} */
  #dots = new Map();
  /** @type {any} the places of cities; null until somebody without coordinates came */
  #places = null;
  #isAsking = false;
  #selected = "";
  #land = s("path", { class: "land" });
  #visitors = s("g", {});
  #customers = s("g", {});
  #pulses = h("div", { class: "pulses", "aria-hidden": "true" });
  #tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });

  /**
   * @param {HTMLElement} frame what the map fills
   * @param {(visitorId: string) => void} open called for the visitor that was chosen
   * @param {Set<string>} made the ids of the visitors about whom something was made here
   */
  constructor(frame, open, made) {
    this.made = made;
    const dots = s("g", {
      class: "dots",
      role: "group",
      "aria-label": "Active visitors; arrow keys go from one to the next",
    });
    dots.append(this.#visitors, this.#customers);
    // The land has a drawing of its own, so that it is not drawn again with each dot.
    const land = s("svg", { viewBox: VIEW, class: "world", "aria-hidden": "true" }, this.#land);
    this.drawing = s("svg", { viewBox: VIEW, class: "world over" }, dots);
    this.frame = h("div", { class: "drawings" }, land, this.#pulses, this.drawing, this.#tip);
    frame.append(this.frame);
    // The frame listens, since a drawing that listens for the focus would get into the tab order.
    this.frame.addEventListener("click", (/** @type {Event} */ event) =>
      this.#with(event, ({ visitor }) => open(visitor.visitorId)),
    );
    this.frame.addEventListener("pointerover", (/** @type {Event} */ event) =>
      this.#with(event, (dot) => this.#point(dot)),
    );
    this.frame.addEventListener("pointerout", () => this.#unpoint());
    this.frame.addEventListener("focusin", (/** @type {Event} */ event) =>
      this.#with(event, (dot) => this.#point(dot)),
    );
    this.frame.addEventListener("focusout", () => this.#unpoint());
    this.frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) =>
      this.#with(event, (dot) => this.#pressed(event, dot, open)),
    );
    new ResizeObserver(([entry]) => this.#scale(entry.contentRect.width)).observe(this.frame);
  }

  /** Draws the land. */
  async load() {
    const reply = await fetch("/console/land.json");
    this.#land.setAttribute("d", landPath(await reply.json()));
  }

  /**
   * Shows the visitors who came, changed and left.
   * @param {{added: Visitor[], changed: Visitor[], removed: string[], instant: number, isFirst: boolean}} changes
   */
  apply({ added, changed, removed, instant, isFirst }) {
    for (const visitorId of removed) this.#leave(visitorId);
    for (const visitor of added) this.#arrive(visitor, isFirst);
    for (const visitor of changed) this.#change(visitor);
    for (const dot of this.#dots.values()) fade(dot, instant);
    this.#keepOneInTabOrder();
    if (!isFirst) for (const visitor of added) this.#pulse(visitor.visitorId);
  }

  /** Removes all dots, for another website. */
  clear() {
    for (const { element } of this.#dots.values()) element.remove();
    this.#dots.clear();
    this.#pulses.replaceChildren();
    this.#unpoint();
  }

  /** Marks one visitor; an empty id marks none. @param {string} visitorId */
  select(visitorId) {
    this.#dots.get(this.#selected)?.element.classList.remove("selected");
    this.#selected = visitorId;
    this.#dots.get(visitorId)?.element.classList.add("selected");
  }

  /** Marks the visitors about whom something was made here, and no others. */
  mark() {
    for (const dot of this.#dots.values()) this.#describe(dot);
  }

  /** @param {Visitor} visitor @param {boolean} isFirst */
  #arrive(visitor, isFirst) {
    const element = s("circle", { role: "button", tabindex: "-1", "data-id": visitor.visitorId });
    const dot = { visitor, element, x: 0, y: 0, step: -1 };
    this.#dots.set(visitor.visitorId, dot);
    element.classList.add("dot");
    if (!isFirst) element.classList.add("arriving");
    if (visitor.visitorId === this.#selected) element.classList.add("selected");
    this.#describe(dot);
    this.#put(dot);
  }

  /** @param {Visitor} visitor */
  #change(visitor) {
    const dot = this.#dots.get(visitor.visitorId);
    if (dot === undefined) return;
    const hasMoved = dot.visitor.page !== visitor.page;
    dot.visitor = visitor;
    this.#describe(dot);
    this.#put(dot);
    if (hasMoved) this.#pulse(visitor.visitorId);
  }

  /** @param {string} visitorId */
  #leave(visitorId) {
    const dot = this.#dots.get(visitorId);
    if (dot === undefined) return;
    this.#dots.delete(visitorId);
    const { element } = dot;
    element.classList.add("leaving");
    element.removeAttribute("tabindex");
    element.removeAttribute("data-id");
    setTimeout(() => element.remove(), 600);
  }

  /** @param {Dot} dot */
  #describe({ visitor, element }) {
    const { name, visitorId, city, countryCode, page, isCustomer } = visitor;
    const who = `${name ?? anonymous(visitorId)}${isCustomer ? ", customer" : ""}`;
    const isMade = this.made.has(visitorId);
    const parts = [who, place(city, countryCode), page, isMade ? "made here" : null];
    element.setAttribute("aria-label", parts.filter(Boolean).join(", "));
    element.classList.toggle("made", isMade);
    element.classList.toggle("customer", isCustomer);
    const layer = isCustomer ? this.#customers : this.#visitors;
    if (element.parentNode !== layer) layer.append(element);
  }

  /** Moves a dot to its place. @param {Dot} dot */
  #put(dot) {
    const [x, y] = this.#placeOf(dot.visitor);
    if (x === dot.x && y === dot.y) return;
    [dot.x, dot.y] = [x, y];
    dot.element.setAttribute("cx", x.toFixed(1));
    dot.element.setAttribute("cy", y.toFixed(1));
  }

  /** @param {Visitor} visitor @returns {[number, number]} */
  #placeOf({ visitorId, longitude, latitude, city, countryCode }) {
    const [angle, distance] = coins(visitorId);
    const at =
      longitude !== null && latitude !== null ? [longitude, latitude] : this.#cityOf(countryCode, city);
    // Visitors without a known place are along the lower edge.
    if (at === null) return [WIDTH * (0.02 + 0.3 * angle), HEIGHT - 6 - 10 * distance];
    const [x, y] = project(at[0], at[1]);
    const reach = SPREAD * Math.sqrt(distance);
    return [
      Math.min(Math.max(x + reach * Math.cos(2 * Math.PI * angle), 3), WIDTH - 3),
      Math.min(Math.max(y + reach * Math.sin(2 * Math.PI * angle), 3), HEIGHT - 3),
    ];
  }

  /** @param {string | null} countryCode @param {string | null} city */
  #cityOf(countryCode, city) {
    if (countryCode === null) return null;
    if (this.#places === null) void this.#learnPlaces();
    return this.#places === null ? null : placeOf(this.#places, countryCode, city);
  }

  async #learnPlaces() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const reply = await fetch("/console/places.json");
    this.#places = await reply.json();
    for (const dot of this.#dots.values()) this.#put(dot);
  }

  /** Draws a growing ring around a visitor who came or opened another page. @param {string} visitorId */
  #pulse(visitorId) {
    const dot = this.#dots.get(visitorId);
    if (dot === undefined || this.#pulses.childElementCount >= MOST_PULSES || document.hidden) return;
    const ring = h("i", { class: dot.visitor.isCustomer ? "pulse customer" : "pulse" });
    ring.style.left = `${(100 * dot.x) / WIDTH}%`;
    ring.style.top = `${(100 * dot.y) / HEIGHT}%`;
    ring.addEventListener("animationend", () => ring.remove());
    // Without animations the ring would never be removed.
    if (matchMedia("(prefers-reduced-motion: no-preference)").matches) this.#pulses.append(ring);
  }

  /** @param {Event} event @param {(dot: Dot) => void} act */
  #with(event, act) {
    const dot = this.#dots.get(/** @type {any} */ (event.target).dataset?.id ?? "");
    if (dot !== undefined) act(dot);
  }

  /** @param {Dot} dot */
  #point({ visitor, element }) {
    const { name, visitorId, city, countryCode, page, system, isCustomer } = visitor;
    const title = h("strong", { dir: "auto" }, name ?? anonymous(visitorId));
    const lines = [place(city, countryCode), page, system]
      .filter(Boolean)
      .map((line) => h("span", { dir: "auto" }, line));
    this.#tip.replaceChildren(title, isCustomer ? h("em", {}, "customer") : "", ...lines);
    this.#tip.hidden = false;
    const outer = this.frame.getBoundingClientRect();
    const inner = element.getBoundingClientRect();
    const [x, y] = [inner.x + inner.width / 2 - outer.x, inner.y - outer.y];
    const { offsetWidth, offsetHeight } = this.#tip;
    const left = Math.min(Math.max(x - offsetWidth / 2, 4), outer.width - offsetWidth - 4);
    const top = y > offsetHeight + 12 ? y - offsetHeight - 8 : y + inner.height + 8;
    this.#tip.style.translate = `${left}px ${top}px`;
  }

  #unpoint() {
    this.#tip.hidden = true;
  }

  /** @param {KeyboardEvent} event @param {Dot} dot @param {(visitorId: string) => void} open */
  #pressed(event, dot, open) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(dot.visitor.visitorId);
      return;
    }
    const direction = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
    if (direction === undefined) return;
    event.preventDefault();
    const next = nearest(this.#dots.values(), dot, direction);
    if (next === null) return;
    dot.element.setAttribute("tabindex", "-1");
    next.element.setAttribute("tabindex", "0");
    /** @type {any} */ (next.element).focus();
  }

  /** Keeps one dot in the tab order; arrow keys move from there. */
  #keepOneInTabOrder() {
    if (this.drawing.querySelector(".dot[tabindex='0']") !== null) return;
    const [first] = this.#dots.values();
    first?.element.setAttribute("tabindex", "0");
  }

  /** Scales the dots, so that they have one size on every screen. @param {number} width of the drawing, in pixels */
  #scale(width) {
    if (width > 0) this.drawing.style.setProperty("--unit", String(WIDTH / width));
  }
}

/** @param {Dot} dot @param {number} instant */
function fade(dot, instant) {
  const step = Math.min(Math.max(Math.floor((instant - dot.visitor.seen) / STEP), 0), STEPS - 1);
  if (step === dot.step) return;
  dot.step = step;
  dot.element.setAttribute("data-idle", String(step));
}

/** Finds the closest dot in a direction; dots near the axis count as closer. @param {Iterable<Dot>} dots @param {Dot} from @param {number[]} direction @returns {Dot | null} */
function nearest(dots, from, [dx, dy]) {
  let best = null;
  let least = Infinity;
  for (const dot of dots) {
    const [x, y] = [dot.x - from.x, dot.y - from.y];
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy - y * dx);
    const cost = along + 2 * across;
    if (along > 0 && cost < least) [best, least] = [dot, cost];
  }
  return best;
}

/** Returns two numbers in [0, 1) that are always the same for a visitor. @param {string} visitorId */
function coins(visitorId) {
  let hash = 2_166_136_261;
  for (let i = 0; i < visitorId.length; i += 1) hash = Math.imul(hash ^ visitorId.charCodeAt(i), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  return [((hash >>> 16) & 0xffff) / 65_536, (hash & 0xffff) / 65_536];
}
