// The formats of numbers, times, money, places and people.

/** The text of a list before the first answer. */
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

/** Returns a number of an answer. Throws TypeError for any other value, which a broken answer may have. @param {number} value */
export function number(value) {
	if (typeof value !== "number") throw new TypeError("this is not a number");
	return value;
}

/** Writes a number as `5,012`. @param {number} value */
export function counted(value) {
	return NUMBER.format(number(value));
}

/** Writes an amount in its currency, with that currency's minor units. @param {number} amount @param {string} currency */
export function money(amount, currency) {
	if (!/^[A-Za-z]{3}$/.test(currency)) return `${counted(amount)} ${currency}`;
	let format = MONEY.get(currency);
	if (format === undefined) {
		format = new Intl.NumberFormat("en", { style: "currency", currency });
		MONEY.set(currency, format);
	}
	return format.format(number(amount));
}

/** Writes a sum as `money` does, but without decimals that are all zero. @param {number} amount @param {string} currency */
export function sum(amount, currency) {
	return money(amount, currency).replace(/\.0+$/, "");
}

/** Returns the date of an instant in a time zone, as `2026-02-06`. @param {number} instant in ms @param {string} timeZone */
export function day(instant, timeZone) {
	return new Intl.DateTimeFormat("en-CA", { timeZone }).format(instant);
}

/** Writes an instant as `2026-02-06 05:27:30`, in UTC. @param {number} instant in ms */
export function dateTime(instant) {
	return new Date(instant).toISOString().slice(0, 19).replace("T", " ");
}

/** Writes an instant as `05:27:30`, in UTC. @param {number} instant in ms */
export function clockTime(instant) {
	return new Date(instant).toISOString().slice(11, 19);
}

/** Writes a duration as `45 s`, `2 min`, `3 h` or `12 d`. @param {number} length in ms */
export function length(length) {
	const [name, unit] = UNITS.find(([, unit]) => length >= unit) ?? UNITS[3];
	return `${NUMBER.format(Math.max(0, Math.floor(length / unit)))} ${name}`;
}

/** Writes a past time as `now` or `45 s ago`. @param {number} past in ms */
export function ago(past) {
	return past < 1000 ? "now" : `${length(past)} ago`;
}

/** Returns a country's English name. @param {string | null | undefined} code */
export function country(code) {
	if (!code) return null;
	try {
		return COUNTRIES.of(code) ?? code;
	} catch {
		return code;
	}
}

/** Writes a place as `Paris, France`, without unknown parts. @param {string | null | undefined} city @param {string | null | undefined} code */
export function place(city, code) {
	return [city, country(code)].filter(Boolean).join(", ") || "Somewhere";
}

/** Writes a size as `12.3 kB`. @param {number} bytes */
export function size(bytes) {
	if (bytes < 1000) return `${bytes} B`;
	return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
