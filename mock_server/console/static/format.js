// How numbers, times, money, places and people are written.

/** What a list says before there is an answer. */
export const WAITING = "Waiting for the first answer …";

const NUMBER = new Intl.NumberFormat("en");
const COUNTRIES = new Intl.DisplayNames("en", { type: "region" });
const UNITS = /** @type {const} */ ([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
]);
/** @type {Map<string, Intl.NumberFormat>} */
const MONEY = new Map();

/** `5,012`. @param {number} value */
export function counted(value) {
  return NUMBER.format(value);
}

/** An amount in its currency, with that currency's minor units. @param {number} amount @param {string} currency */
export function money(amount, currency) {
  if (!/^[A-Za-z]{3}$/.test(currency)) return `${NUMBER.format(amount)} ${currency}`;
  let format = MONEY.get(currency);
  if (format === undefined) {
    format = new Intl.NumberFormat("en", { style: "currency", currency });
    MONEY.set(currency, format);
  }
  return format.format(amount);
}

/** `2026-02-06 05:27:30`, UTC. @param {number} instant in ms */
export function dateTime(instant) {
  return new Date(instant).toISOString().slice(0, 19).replace("T", " ");
}

/** `05:27:30`, UTC. @param {number} instant in ms */
export function clockTime(instant) {
  return new Date(instant).toISOString().slice(11, 19);
}

/** `45 s`, `2 min`, `3 h`, `12 d`. @param {number} length in ms */
export function length(length) {
  const [name, unit] = UNITS.find(([, unit]) => length >= unit) ?? UNITS[3];
  return `${NUMBER.format(Math.max(0, Math.floor(length / unit)))} ${name}`;
}

/** `now`, `45 s ago`. @param {number} past in ms */
export function ago(past) {
  return past < 1000 ? "now" : `${length(past)} ago`;
}

/** A country's English name. @param {string | null | undefined} code */
export function country(code) {
  if (!code) return null;
  try {
    return COUNTRIES.of(code) ?? code;
  } catch {
    return code;
  }
}

/** `Paris, France`; what is unknown is left out. @param {string | null | undefined} city @param {string | null | undefined} code */
export function place(city, code) {
  return [city, country(code)].filter(Boolean).join(", ") || "Somewhere";
}

/** What someone without a name is called. @param {string} visitorId */
export function anonymous(visitorId) {
  return `Visitor ${visitorId.slice(0, 4)}`;
}

/** `12.3 kB`. @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
