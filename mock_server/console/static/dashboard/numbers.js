// The dashboard's numbers: amounts, shares, durations, round ticks.

import { money, number } from "../format.js";

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
/** The least amount that is shortened, unless it must be exact. */
const LARGE = 10_000_000;

/** Writes an amount, without minor units from 100 on. @param {number} value @param {string} currency @param {boolean} [isExact] */
export function amount(value, currency, isExact = false) {
	if (isExact) return money(value, currency);
	if (Math.abs(value) >= LARGE) return shortMoney(value, currency);
	return Math.abs(value) >= 100
		? money(Math.round(value), currency).replace(/\.0+$/, "")
		: money(value, currency);
}

/** Writes a number as `12.5K`. @param {number} value */
export function short(value) {
	return SHORT.format(value);
}

/** Writes an amount as `$12.5K`. @param {number} value @param {string} currency */
export function shortMoney(value, currency) {
	return money(0, currency).replace(/[\d.,]+/, short(value));
}

/** Writes `65.32` as `65.3 %`. @param {number} value */
export function percent(value) {
	return `${value > 0 && value < 0.1 ? "<0.1" : value.toFixed(1)}\u00a0%`;
}

/** Writes a duration as `4 m 06 s`. @param {number} ms */
export function duration(ms) {
	const seconds = Math.round(number(ms) / 1000);
	if (seconds < 60) return `${seconds} s`;
	const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
	return minutes < 60
		? `${minutes} m ${String(rest).padStart(2, "0")} s`
		: `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`;
}

/** Returns about `wanted` round numbers from 0 to at least `most`. @param {number} most @param {number} wanted @param {boolean} isWhole */
export function ticks(most, wanted, isWhole) {
	if (most <= 0) return [0];
	const rough = most / wanted;
	const power = 10 ** Math.floor(Math.log10(rough));
	const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
	const step = isWhole ? Math.max(1, factor * power) : factor * power;
	return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, n) =>
		Number((n * step).toPrecision(12)),
	);
}
