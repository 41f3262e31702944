// The faults, and the fault rules that the page makes: each is for one operation, or for all operations.

/** The description of each fault, by its name in the controls. */
export const FAULTS = {
	reset: "The connection is reset",
	empty: "The connection is closed without an answer",
	truncate: "The body ends half-way",
	malformed: "The body is not valid JSON",
	"content-type": "The content type says HTML",
	"wrong-type": "A member has the wrong type",
	missing: "A member is missing",
	drip: "The body comes in pieces",
	hang: "No answer ever comes",
};
/** How often a rule applies, by the words for it; empty for always. */
export const TIMES = { always: "", once: "1", twice: "2", "five times": "5" };
/** The JSON pointers to the members that a fault changes, by operation. */
const DETAILS = {
	getRealtime: { "wrong-type": "/data/0/visitors", missing: "/data/0/visitors" },
	getRealtimeMap: { "wrong-type": "/data/count", missing: "/data/visitors" },
	getVisitor: { "wrong-type": "/data/activity/visitCount", missing: "/data/identity" },
};
const ANYWHERE = { "wrong-type": "/status", missing: "/data" };

/** Returns the rule that the page's buttons made for an operation; "" means all operations. @param {Rule[]} rules @param {string} operation */
export function simpleRule(rules, operation) {
	return rules.find((rule) => isSimple(rule) && (rule.when?.operation ?? "") === operation);
}

/**
 * Returns the rules with one part of an operation's simple rule changed; a value of null removes the part.
 * @param {Rule[]} rules @param {string} operation @param {"code" | "delay" | "fault"} part @param {any} value @param {number | null} times
 * @returns {Rule[]}
 */
export function withPart(rules, operation, part, value, times) {
	const old = simpleRule(rules, operation);
	/** @type {any} */
	const then = { ...old?.then };
	delete then[part];
	if (part === "fault") delete then.pointer;
	if (value !== null) then[part] = value;
	const pointer = part === "fault" ? pointerFor(operation, value) : null;
	if (pointer !== null) then.pointer = pointer;
	const others = rules.filter((rule) => rule !== old);
	if (Object.keys(then).length === 0) return others;
	/** @type {Rule} */
	const rule = { then };
	if (operation !== "") rule.when = { operation };
	if (times !== null) rule.times = times;
	// The first matching rule decides, so rules for one operation come before rules for all operations.
	return operation === "" ? [...others, rule] : [rule, ...others];
}

/** Writes a rule as `getRealtimeMap answers 500, 2000 ms late`. @param {Rule} rule */
export function described({ then, when, after, probability }) {
	const parts = [
		then.code === undefined ? null : `answers ${then.code}`,
		then.example === undefined ? null : `answers the example ${then.example}`,
		then.delay === undefined ? null : `is ${[then.delay].flat().join("–")} ms late`,
		then.fault === undefined ? null : `is damaged: ${then.fault}`,
	].filter(Boolean);
	const which = [
		when?.query === undefined ? null : "with certain parameters",
		after ? `after ${after} requests` : null,
		probability === undefined || probability === 1 ? null : `in ${Math.round(100 * probability)} % of cases`,
	].filter(Boolean);
	return [when?.operation ?? "every request", ...which, parts.join(", ")].join(" ");
}

/** Writes a rule's count as ` (1 of 2 done)`. @param {Rule} rule @param {RuleCount | undefined} count */
export function progress({ times }, count) {
	if (count === undefined) return "";
	return times === undefined ? ` (${count.applied} so far)` : ` (${count.applied} of ${times} done)`;
}

/** Returns whether a rule can still apply. @param {Rule} rule @param {RuleCount | undefined} count */
export function isLive({ times }, count) {
	return times === undefined || count === undefined || count.applied < times;
}

/** Returns whether two rules have the same members, in any order. @param {any} one @param {any} other */
export function isEqual(one, other) {
	const sorted = (/** @type {string} */ _, /** @type {any} */ value) =>
		value && typeof value === "object" && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value).sort())
			: value;
	return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}

/** @param {Rule} rule */
function isSimple({ when, after, probability, then }) {
	return (
		when?.query === undefined &&
		!after &&
		(probability === undefined || probability === 1) &&
		then.example === undefined
	);
}

/** Returns the JSON pointer to the member that a fault changes; null if it changes none. @param {string} operation @param {string | null} fault @returns {string | null} */
export function pointerFor(operation, fault) {
	const known = DETAILS[/** @type {keyof typeof DETAILS} */ (operation)] ?? ANYWHERE;
	return known[/** @type {keyof typeof ANYWHERE} */ (fault)] ?? null;
}
