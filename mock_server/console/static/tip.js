// The text beside the dot or the disc of the map that the pointer is on.

import { h } from "./dom.js";
import { counted, place } from "./format.js";
import { nameOf } from "./names.js";
import { avatar, flag } from "./pictures.js";

/**
 * @typedef {import("./poller.js").Visitor} Visitor
 * @typedef {import("./dots.js").Spot} Spot
 */

/** Describes the visitor of a dot. @param {Visitor} visitor */
export function aboutOne(visitor) {
  const { visitorId, city, countryCode, page, system, isCustomer } = visitor;
  return [
    avatar(visitorId),
    h("strong", { dir: "auto" }, nameOf(visitor)),
    isCustomer ? h("em", {}, "customer") : "",
    h("span", { dir: "auto" }, flag(countryCode), " ", place(city, countryCode)),
    ...[page, system].filter(Boolean).map((line) => h("span", { dir: "auto" }, line)),
  ];
}

/** Describes some of the visitors of a disc. @param {Spot[]} spots */
export function aboutMany(spots) {
  return [
    h("strong", {}, `${counted(spots.length)} visitors`),
    ...spots
      .slice(0, 3)
      .map(({ visitor }) => h("span", { dir: "auto" }, flag(visitor.countryCode), " ", nameOf(visitor))),
    spots.length > 3 ? h("span", {}, "…") : "",
  ];
}
