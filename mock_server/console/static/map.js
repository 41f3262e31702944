// The world map: a dot for each active visitor, and a disc for several visitors whose dots would overlap.

import { clustered } from "./clusters.js";
import { h, s } from "./dom.js";
import { describeDisc, move, newDisc, newDot, set } from "./dots.js";
import { place } from "./format.js";
import { listen } from "./gestures.js";
import { hashed } from "./hash.js";
import { nameOf } from "./names.js";
import { placeOf } from "./places.js";
import { HEIGHT, WIDTH, landPath, project } from "./projection.js";
import { aboutMany, aboutOne } from "./tip.js";
import { around, between, boxOf, MOST_ZOOM, moved, scaleOf, WHOLE, within, zoomed } from "./view.js";

/** The largest distance of a dot from its city, in units of the drawing. */
const SPREAD = 4;
/** The number of steps, within ten minutes, in which the dot of an idle visitor gets paler. */
const STEPS = 4;
const STEP = 600_000 / STEPS;
const MOST_PULSES = 40;
/** The factor by which a key or a button zooms. */
const ZOOM_STEP = 2;
/** The share of the frame by which an arrow key moves the map. */
const PAN_STEP = 0.2;
/** The time of a zoom by a click or a key, in ms. */
const ZOOM_TIME = 260;
/** The width of the area around the frame in which dots are drawn, too, as a share of the frame's size. */
const BEYOND = 0.3;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELP = "World map. Arrow keys move it, plus and minus zoom, 0 shows the whole world.";

/**
 * @typedef {import("./poller.js").Visitor} Visitor
 * @typedef {import("./dots.js").Spot} Spot
 * @typedef {import("./dots.js").Cluster} Cluster
 * @typedef {{cluster: Cluster, element: any}} Drawn a dot or a disc on the page
 */

export class WorldMap {
  /** @type {Map<string, Spot>} */
  #spots = new Map();
  /** @type {Cluster[]} */
  #clusters = [];
  /** The scale for which the clusters were found; 0 if they are out of date. */
  #clusteredFor = 0;
  /** @type {Map<string, Drawn>} */
  #drawn = new Map();
  /** @type {any} the places of cities; null until a visitor without coordinates came */
  #places = null;
  #isAsking = false;
  #selected = "";
  #instant = 0;
  #view = WHOLE;
  #frame = { width: 0, height: 0 };
  /** The numbers of the animation frames that were requested; 0 for none. */
  #waiting = 0;
  #moving = 0;
  #land = s("path", { class: "land" });
  #visitors = s("g", {});
  #customers = s("g", {});
  #marked = s("g", {});
  #pulses = h("div", { class: "pulses", "aria-hidden": "true" });
  #tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });

  /**
   * @param {HTMLElement} frame the element that the map fills
   * @param {(visitorId: string) => void} open called for the visitor that was chosen
   * @param {(visitorIds: string[]) => void} choose called for the visitors of a disc that a zoom cannot divide
   * @param {Set<string>} made the ids of the visitors about whom something was made here
   */
  constructor(frame, open, choose, made) {
    this.open = open;
    this.choose = choose;
    this.made = made;
    const dots = s("g", {
      class: "dots",
      role: "group",
      "aria-label": "Active visitors; arrow keys go from one to the next",
    });
    dots.append(this.#visitors, this.#customers, this.#marked);
    // The land has its own drawing, so that it is not drawn again with each dot.
    this.land = s("svg", { class: "world", "aria-hidden": "true" }, this.#land);
    this.drawing = s("svg", { class: "world over" }, dots);
    this.frame = h(
      "div",
      { class: "drawings", tabindex: "0", role: "group", "aria-label": HELP },
      ...[this.land, this.#pulses, this.drawing, this.#tip],
    );
    frame.prepend(this.frame);
    frame.append(
      h(
        "div",
        { class: "zoom", role: "group", "aria-label": "Zoom" },
        button("+", "Zoom in", () => this.#zoomBy(ZOOM_STEP)),
        button("−", "Zoom out", () => this.#zoomBy(1 / ZOOM_STEP)),
        button("⟲", "Show the whole world", () => this.#go(WHOLE)),
      ),
    );
    // The frame listens, because a drawing that listens for the focus would be in the tab order.
    const on = (/** @type {string} */ kind, /** @type {(drawn: Drawn) => void} */ act) =>
      this.frame.addEventListener(kind, (/** @type {Event} */ event) => this.#with(event, act));
    on("click", (drawn) => this.#enter(drawn));
    on("pointerover", (drawn) => this.#point(drawn));
    on("focusin", (drawn) => this.#point(drawn));
    for (const kind of ["pointerout", "focusout"]) this.frame.addEventListener(kind, () => this.#unpoint());
    this.frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
    listen(this.frame, {
      zoom: (factor, at) => {
        const before = this.#view;
        this.#look(zoomed(before, this.#frame, factor, at));
        return this.#view.zoom !== before.zoom || (factor > 1 && before.zoom === MOST_ZOOM);
      },
      move: (right, down) => this.#look(moved(this.#view, this.#frame, right, down)),
    });
    new ResizeObserver(([{ contentRect }]) => this.#resize(contentRect)).observe(this.frame);
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
    this.#instant = instant;
    const moves = changed.filter(({ visitorId, page }) => this.#spots.get(visitorId)?.visitor.page !== page);
    for (const visitorId of removed) this.#spots.delete(visitorId);
    for (const visitor of [...added, ...changed]) this.#put(visitor);
    this.#recluster(!isFirst);
    if (!isFirst) for (const { visitorId } of [...added, ...moves]) this.#pulse(visitorId, "");
  }

  /** Removes all dots, for another website. */
  clear() {
    for (const { element } of this.#drawn.values()) element.remove();
    this.#drawn.clear();
    this.#spots.clear();
    this.#clusters = [];
    this.#pulses.replaceChildren();
    this.#unpoint();
  }

  /** Marks a visitor, and moves the map so that it shows the dot; an empty id marks none. @param {string} visitorId */
  select(visitorId) {
    this.#selected = visitorId;
    this.mark();
    const spot = this.#spots.get(visitorId);
    if (spot !== undefined && !this.#isShown(spot, 0))
      this.#go(within({ ...spot, zoom: this.#view.zoom }, this.#frame));
  }

  /** Marks the visitors about whom something was made here, and no others. */
  mark() {
    for (const spot of this.#spots.values()) spot.isAlone = this.#isAlone(spot.visitor);
    this.#recluster(false);
  }

  /** Draws a larger ring around a visitor who paid. @param {string | null} visitorId */
  pay(visitorId) {
    if (visitorId !== null) this.#pulse(visitorId, "paid");
  }

  /** The marked visitors are never in a cluster. @param {Visitor} visitor */
  #isAlone({ visitorId }) {
    return visitorId === this.#selected || this.made.has(visitorId);
  }

  /** @param {Visitor} visitor */
  #put(visitor) {
    const [x, y] = this.#placeOf(visitor);
    this.#spots.set(visitor.visitorId, { visitor, x, y, isAlone: this.#isAlone(visitor) });
  }

  /** @param {Visitor} visitor @returns {[number, number]} */
  #placeOf({ visitorId, longitude, latitude, city, countryCode }) {
    const hash = hashed(visitorId);
    const [angle, distance] = [(hash >>> 16) / 65_536, (hash & 0xffff) / 65_536];
    const at =
      longitude !== null && latitude !== null ? [longitude, latitude] : this.#cityOf(countryCode, city);
    // Visitors without a known place are drawn along the lower edge.
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
    for (const { visitor } of this.#spots.values()) this.#put(visitor);
    this.#recluster(false);
  }

  /** Finds the clusters again, since visitors have changed. @param {boolean} isNews whether new dots appear slowly */
  #recluster(isNews) {
    this.#clusteredFor = 0;
    this.#draw(isNews);
  }

  /** Draws the dots and discs in sight. The clusters change in steps, so that a zoom does not rearrange them all the time. @param {boolean} [isNews] */
  #draw(isNews = false) {
    if (this.#frame.width === 0) return;
    const scale = scaleOf(2 ** (Math.round(2 * Math.log2(this.#view.zoom)) / 2), this.#frame);
    if (scale !== this.#clusteredFor) this.#clusters = clustered(this.#spots.values(), scale);
    this.#clusteredFor = scale;
    const left = new Map(this.#drawn);
    for (const cluster of this.#clusters) {
      if (!this.#isShown(cluster, BEYOND)) continue;
      const { visitorId } = cluster.spots[0].visitor;
      const key = cluster.spots.length === 1 ? visitorId : `+${visitorId}`;
      let drawn = left.get(key);
      left.delete(key);
      if (drawn === undefined) {
        drawn = { cluster, element: cluster.spots.length === 1 ? newDot(key, isNews) : newDisc(key) };
        this.#drawn.set(key, drawn);
        this.#describe(drawn);
      } else if (drawn.cluster !== cluster) {
        drawn.cluster = cluster;
        this.#describe(drawn);
      }
    }
    const focused = [...left.values()].find(({ element }) => element === document.activeElement);
    for (const [key, { element }] of left) this.#remove(key, element, isNews);
    if (focused !== undefined) this.#focusNear(focused.cluster);
    this.#keepOneInTabOrder();
  }

  /** Moves the focus from a dot that is gone to the next one. @param {Cluster} gone */
  #focusNear(gone) {
    const away = (/** @type {Cluster} */ { x, y }) => Math.hypot(x - gone.x, y - gone.y);
    const all = [...this.#drawn.values()].sort((one, other) => away(one.cluster) - away(other.cluster));
    const element = all[0]?.element ?? this.frame;
    this.drawing.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    element.setAttribute("tabindex", "0");
    element.focus({ preventScroll: true });
  }

  /** @param {string} key @param {any} element @param {boolean} isNews */
  #remove(key, element, isNews) {
    this.#drawn.delete(key);
    if (!isNews || this.#spots.has(key) || key.startsWith("+")) {
      element.remove();
      return;
    }
    element.classList.add("leaving");
    element.removeAttribute("tabindex");
    element.removeAttribute("data-key");
    setTimeout(() => element.remove(), 600);
  }

  /** @param {Drawn} drawn */
  #describe({ cluster, element }) {
    const { spots, x, y } = cluster;
    const customers = spots.filter(({ visitor }) => visitor.isCustomer).length;
    if (spots.length === 1) this.#describeDot(spots[0], element);
    else describeDisc(cluster, element, customers);
    move(element, x, y);
    const layer = spots[0].isAlone ? this.#marked : customers > 0 ? this.#customers : this.#visitors;
    if (element.parentNode !== layer) layer.append(element);
  }

  /** @param {Spot} spot @param {any} element */
  #describeDot({ visitor }, element) {
    const { visitorId, city, countryCode, page, isCustomer, seen } = visitor;
    const isMade = this.made.has(visitorId);
    const who = `${nameOf(visitor)}${isCustomer ? ", customer" : ""}`;
    set(
      element,
      "aria-label",
      [who, place(city, countryCode), page, isMade ? "made here" : null].filter(Boolean).join(", "),
    );
    const step = Math.min(Math.max(Math.floor((this.#instant - seen) / STEP), 0), STEPS - 1);
    set(element, "data-idle", String(step));
    element.classList.toggle("made", isMade);
    element.classList.toggle("customer", isCustomer);
    element.classList.toggle("selected", visitorId === this.#selected);
  }

  /** @param {{x: number, y: number}} point @param {number} beyond */
  #isShown({ x, y }, beyond) {
    const box = boxOf(this.#view, this.#frame);
    const [right, down] = [beyond * box.width, beyond * box.height];
    return (
      x >= box.x - right &&
      x <= box.x + box.width + right &&
      y >= box.y - down &&
      y <= box.y + box.height + down
    );
  }

  /** Draws a growing ring around a visitor who came, opened another page or paid. @param {string} visitorId @param {string} kind */
  #pulse(visitorId, kind) {
    const spot = this.#spots.get(visitorId);
    if (spot === undefined || !this.#isShown(spot, 0)) return;
    if (this.#pulses.childElementCount >= MOST_PULSES || document.hidden) return;
    // Without animations the ring would never be removed.
    if (!isAnimated()) return;
    const { x, y } = this.#clusters.find(({ spots }) => spots.includes(spot)) ?? spot;
    const box = boxOf(this.#view, this.#frame);
    const ring = h("i", { class: `pulse ${spot.visitor.isCustomer ? "customer" : ""} ${kind}` });
    ring.style.left = `${(100 * (x - box.x)) / box.width}%`;
    ring.style.top = `${(100 * (y - box.y)) / box.height}%`;
    ring.addEventListener("animationend", () => ring.remove());
    this.#pulses.append(ring);
  }

  /** @param {Event} event @param {(drawn: Drawn) => void} act */
  #with(event, act) {
    const element = /** @type {Element} */ (event.target).closest("[data-key]");
    const drawn = this.#drawn.get(/** @type {any} */ (element)?.dataset.key ?? "");
    if (drawn !== undefined) act(drawn);
  }

  /** Opens the profile of a dot's visitor; zooms to a disc, or lists its visitors. @param {Drawn} drawn */
  #enter({ cluster }) {
    const { spots } = cluster;
    if (spots.length === 1) {
      this.open(spots[0].visitor.visitorId);
      return;
    }
    if (this.#view.zoom === MOST_ZOOM) {
      this.choose(spots.map(({ visitor }) => visitor.visitorId));
      return;
    }
    const next = around(spots, this.#frame);
    const least = Math.min(this.#view.zoom * ZOOM_STEP, MOST_ZOOM);
    this.#go(within({ ...next, zoom: Math.max(next.zoom, least) }, this.#frame));
  }

  /** @param {Drawn} drawn */
  #point({ cluster, element }) {
    const { spots } = cluster;
    this.#tip.replaceChildren(...(spots.length === 1 ? aboutOne(spots[0].visitor) : aboutMany(spots)));
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

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const drawn = this.#drawn.get(/** @type {any} */ (event.target).dataset.key ?? "");
    const direction = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
    if (event.key === "+" || event.key === "=") this.#zoomBy(ZOOM_STEP);
    else if (event.key === "-") this.#zoomBy(1 / ZOOM_STEP);
    else if (event.key === "0") this.#go(WHOLE);
    else if (drawn !== undefined && (event.key === "Enter" || event.key === " ")) this.#enter(drawn);
    else if (direction === undefined) return;
    else if (drawn === undefined) {
      const [right, down] = direction;
      const { width, height } = this.#frame;
      this.#go(moved(this.#view, this.#frame, right * width * PAN_STEP, down * height * PAN_STEP));
    } else this.#step(drawn, direction);
    event.preventDefault();
  }

  /** Moves the focus from a dot to the next one in a direction. @param {Drawn} from @param {number[]} direction */
  #step(from, direction) {
    const next = nearest(this.#drawn.values(), from, direction);
    if (next === null) return;
    from.element.setAttribute("tabindex", "-1");
    next.element.setAttribute("tabindex", "0");
    if (!this.#isShown(next.cluster, 0))
      this.#look(within({ ...next.cluster, zoom: this.#view.zoom }, this.#frame));
    next.element.focus({ preventScroll: true });
  }

  /** Keeps one dot in the tab order; arrow keys move from there. */
  #keepOneInTabOrder() {
    if (this.drawing.querySelector("[tabindex='0']") !== null) return;
    const [first] = this.#drawn.values();
    first?.element.setAttribute("tabindex", "0");
  }

  /** @param {number} factor */
  #zoomBy(factor) {
    this.#go(zoomed(this.#view, this.#frame, factor));
  }

  /** Moves to a view in some steps, or at once if motion is unwanted. @param {import("./view.js").View} goal */
  #go(goal) {
    cancelAnimationFrame(this.#moving);
    const from = this.#view;
    const begun = performance.now();
    const step = () => {
      const part = isAnimated() ? Math.min((performance.now() - begun) / ZOOM_TIME, 1) : 1;
      this.#look(part === 1 ? goal : between(from, goal, part * (2 - part)), true);
      if (part < 1) this.#moving = requestAnimationFrame(step);
    };
    step();
  }

  /** Shows a view from the next frame on. @param {import("./view.js").View} view @param {boolean} [isStep] whether it belongs to a movement */
  #look(view, isStep = false) {
    if (!isStep) cancelAnimationFrame(this.#moving);
    this.#view = view;
    this.#waiting ||= requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#waiting = 0;
    const { x, y, width, height } = boxOf(this.#view, this.#frame);
    for (const drawing of [this.land, this.drawing])
      drawing.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    // The dots have one size on every screen and at every zoom.
    const unit = String(1 / scaleOf(this.#view.zoom, this.#frame));
    if (this.drawing.style.getPropertyValue("--unit") !== unit)
      this.drawing.style.setProperty("--unit", unit);
    this.frame.classList.toggle("is-zoomed", this.#view.zoom > 1);
    this.#pulses.replaceChildren();
    this.#unpoint();
    this.#draw();
  }

  /** @param {{width: number, height: number}} frame */
  #resize({ width, height }) {
    if (width === 0 || height === 0) return;
    this.#frame = { width, height };
    this.#view = within(this.#view, this.#frame);
    this.#show();
  }
}

/** @param {string} sign @param {string} label @param {() => void} onclick */
function button(sign, label, onclick) {
  return h("button", { type: "button", "aria-label": label, title: label, onclick }, sign);
}

/** Finds the closest dot in a direction; dots near the axis count as closer. @param {Iterable<Drawn>} all @param {Drawn} from @param {number[]} direction @returns {Drawn | null} */
function nearest(all, from, [dx, dy]) {
  let best = null;
  let least = Infinity;
  for (const drawn of all) {
    const [x, y] = [drawn.cluster.x - from.cluster.x, drawn.cluster.y - from.cluster.y];
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy - y * dx);
    const cost = along + 2 * across;
    if (along > 0 && cost < least) [best, least] = [drawn, cost];
  }
  return best;
}

function isAnimated() {
  return matchMedia("(prefers-reduced-motion: no-preference)").matches;
}
