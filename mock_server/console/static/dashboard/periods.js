// Periods in the website's time zone, the periods before them, and the intervals that suit them.

import { day } from "../format.js";

const DAY = 86_400_000;
/** The years that "All time" looks back. It needs dates, because a time series without dates has twelve months only. */
const YEARS = 10;

/** The periods by their names in the address. */
export const PERIODS = /** @type {const} */ ({
	today: "Today",
	yesterday: "Yesterday",
	"7d": "7 days",
	"30d": "30 days",
	"90d": "90 days",
	"12mo": "12 months",
	all: "All time",
	custom: "Custom",
});
const LENGTHS = /** @type {Record<string, number>} */ ({ "7d": 7, "30d": 30, "90d": 90 });

/**
 * Returns the period with a name. A period that is not over ends at `now`, and not at the end of the day: so all
 * requests of a page are about the same time, and the period before has the same length.
 * @param {string} name @param {string} from the first day of a custom period @param {string} to its last day
 * @param {number} now in ms @param {string} timeZone
 * @returns {Period}
 */
export function periodOf(name, from, to, now, timeZone) {
	const today = day(now, timeZone);
	const [first, last] = daysOf(name, from, to, today);
	const startOfBefore = name === "12mo" ? months(first, -12) : shifted(first, -count(first, last));
	const length = count(startOfBefore, first) - 1;
	const isOver = last < today;
	return {
		dates: { startAt: first, endAt: isOver ? last : instant(now) },
		before:
			name === "all"
				? null
				: {
						startAt: startOfBefore,
						endAt: isOver ? shifted(last, -length) : instant(now - length * DAY),
					},
		...intervalsOf(count(first, last)),
		words: wordsOf(name, length),
	};
}

/** @param {string} name @param {string} from @param {string} to @param {string} today @returns {[string, string]} */
function daysOf(name, from, to, today) {
	if (name === "today") return [today, today];
	if (name === "yesterday") return [shifted(today, -1), shifted(today, -1)];
	if (name === "12mo") return [shifted(months(today, -12), 1), today];
	if (name === "all") return [months(today, -12 * YEARS), today];
	if (name === "custom" && isDay(from) && isDay(to) && from <= to) return [from, to];
	return [shifted(today, 1 - (LENGTHS[name] ?? 30)), today];
}

/** @param {number} days @returns {{intervals: Interval[], usual: Interval}} */
function intervalsOf(days) {
	if (days === 1) return { intervals: ["hour"], usual: "hour" };
	const intervals = /** @type {Interval[]} */ ([
		...(days <= 31 ? ["hour"] : []),
		...(days <= 400 ? ["day"] : []),
		...(days >= 14 ? ["week"] : []),
		...(days >= 60 ? ["month"] : []),
	]);
	return { intervals, usual: days <= 92 ? "day" : days <= 400 ? "week" : "month" };
}

/** @param {string} name @param {number} days */
function wordsOf(name, days) {
	if (name === "all") return "";
	if (name === "today") return "yesterday until this time";
	if (name === "12mo") return "the 12 months before";
	return days === 1 ? "the day before" : `the ${days} days before`;
}

/** Returns whether a text is a day such as `2026-02-06`. @param {string} text */
export function isDay(text) {
	return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** @param {string} day @param {number} days */
function shifted(day, days) {
	return written(Date.parse(day) + days * DAY);
}

/** Returns the same day some months later, or the last day of a month without this day. @param {string} day @param {number} more */
function months(day, more) {
	const [year, month, date] = day.split("-").map(Number);
	const last = new Date(Date.UTC(year, month + more, 0)).getUTCDate();
	return written(Date.UTC(year, month - 1 + more, Math.min(date, last)));
}

/** Returns the number of days from the first day to the last, both included. @param {string} first @param {string} last */
function count(first, last) {
	return (Date.parse(last) - Date.parse(first)) / DAY + 1;
}

/** @param {number} time */
function written(time) {
	return new Date(time).toISOString().slice(0, 10);
}

/** @param {number} time */
function instant(time) {
	return new Date(time).toISOString().replace(".000", "");
}
