// The types that the console's modules share, for `tsc` and for readers; browsers do not load them.

/** Texts by their names. */
type Texts = Record<string, string>;

// The API.

type Operation = import("./static/api.js").Operation;
/** The parameters of a request besides websiteId. */
type Query = Texts;

/** The caller: the API's base, a token, and the website of an account token. */
interface Caller {
	base: string;
	key: string;
	websiteId: string | null;
}

/** A request of a panel. */
interface Asked {
	operation: Operation;
	visitorId?: string;
	query?: Query;
}

/** A request with its caller, which the dialog shows in several languages. */
interface AskedBy extends Asked {
	caller: Caller;
}

/** The answer to a request. */
type Answered = Awaited<ReturnType<typeof import("./static/api.js").ask>>;

// The map.

/** An active visitor as the page needs it. */
interface Visitor {
	visitorId: string;
	name: string | null;
	page: string | null;
	city: string | null;
	countryCode: string | null;
	longitude: number | null;
	latitude: number | null;
	isCustomer: boolean;
	system: string;
	referrer: string | null;
	/** The latest activity that is known, in ms. */
	seen: number;
}

interface Point {
	x: number;
	y: number;
}

/** A place in the drawing. If `isAlone` is true, it joins no cluster. */
interface Placed extends Point {
	isAlone: boolean;
}

/** The place of a visitor. */
interface Spot extends Placed {
	visitor: Visitor;
}

/** A cluster of spots, or a single spot. */
interface Cluster<S extends Placed = Spot> extends Point {
	spots: S[];
}

/** A dot or a disc on the page. */
interface Drawn {
	cluster: Cluster;
	element: any;
}

/** The centre in units of the drawing; at zoom 1 the whole world fits. */
interface MapView extends Point {
	zoom: number;
}

/** The size of the map on the screen, in pixels. */
interface Frame {
	width: number;
	height: number;
}

/** What a gesture does. */
interface Moves {
	/** Zooms, and returns whether that was possible. */
	zoom: (factor: number, at: Point) => boolean;
	move: (right: number, down: number) => void;
}

/** The cities by country, each by its mark; the empty mark is the country. */
type Places = Map<string, Map<string, [longitude: number, latitude: number]>>;

// The lists and the profile.

/** An event or a payment in the list. */
interface Item {
	id: string;
	/** The id of the event; a payment also has an id of its own. */
	eventId: string;
	kind: string;
	instant: number;
	/** Null if it is not known. */
	visitorId: string | null;
	name: string | null;
	text: string;
	countryCode: string | null;
	/** The amount of a payment. */
	amount: number | null;
	currency: string | null;
	/** The kind of a payment; empty for an event. */
	detail: string;
}

/** What a profile shows. */
interface Shown {
	visitorId: string;
	/** The visitor on the map; undefined if not listed, null on a page without a map. */
	visitor: Visitor | undefined | null;
	/** The profile; null while it is awaited or if there is none. */
	data: any;
	/** Why there is no profile, or empty. */
	problem: string;
	instant: number;
}

/** What a profile needs from the page. */
interface ProfileLinks {
	ask: (visitorId: string, signal: AbortSignal) => Promise<Answered>;
	/** Returns the visitor on the map, and the time. */
	about: (visitorId: string) => Pick<Shown, "visitor" | "instant">;
	/** Shows the request. */
	inspect: (visitorId: string) => void;
	/** Called with the id of the visitor whose profile opens, or an empty text. */
	changed: (visitorId: string) => void;
}

/** The parameters of the report about today. */
type Today = { startAt: string; endAt: string; fields: string };

// The controls.

/** A key in the list of all keys. */
interface ListedKey {
	key: string;
	label: string;
	description: string;
	websites: string[] | null;
}

/** An operation of the document. */
interface Documented {
	operationId: string;
	path: string;
	statuses: number[];
}

/** The facts that never change while the mock runs. */
interface Lasting {
	base: string;
	operations: Documented[];
	sites: any[];
}

/** The state and the settings of a key, and the settings of the server, for all keys. */
interface Settings {
	state: any;
	own: any;
	common: any;
}

/** What the switches show. */
interface Held extends Settings {
	key: string;
	sites: any[];
	operations: any[];
}

/** What a fault rule does. */
interface Action {
	code?: number;
	example?: string;
	delay?: number | number[];
	fault?: string;
}

interface Rule {
	then: Action;
	when?: { operation?: string; query?: object };
	times?: number;
	after?: number;
	probability?: number;
}

/** How often a rule matched and applied. */
type RuleCount = { matched: number; applied: number };
type Faults = { faults: Rule[]; counts: RuleCount[] };

/** The rules that the form in a row of the journal makes. */
interface Rules {
	/** Lists the documented statuses of an operation. */
	statuses: (operation: string) => number[];
	/** Makes a rule for a key, or for every key. */
	add: (rule: any, key: string | null) => Promise<void>;
	/** Removes such a rule. */
	drop: (rule: any, key: string | null) => Promise<void>;
}

/** What a row of the journal needs from the list. */
interface EntryActions {
	/** Returns the request with its whole answer. */
	whole: (request: any) => Promise<any>;
	/** Makes the form that changes the answer; null if the request belongs to no operation. */
	differently: (request: any) => HTMLElement | null;
}

/** A request of the journal. */
interface Noted {
	method: string;
	target: string;
	headers: Record<string, string[]>;
	requestBody: any;
	keyName: string | null;
}

// The panel "Make something happen".

/** What the panel needs from the page. */
interface MakerLinks {
	/** The visitors who are online, by id. */
	visitors: Map<string, Visitor>;
	/** Returns the id of the visitor whose profile is open, or an empty text. */
	opened: () => string;
	/** The ids of events and visitors that were made here, and "pageview" with the id of a new visitor. */
	made: Set<string>;
	/** Runs an action that needs the controls. */
	unlessRefused: (act: () => Promise<void>) => Promise<void>;
	/** Called after each request. */
	changed: () => Promise<void>;
}

/** What the panel knows of the key. */
interface MakerHeld {
	caller: Caller;
	state: any;
	own: any;
	sites: any[];
}

/** A request that writes; `token` is the key that it sends, null for a control, empty for none. */
interface Write {
	url: string;
	init: RequestInit & { headers: Texts };
	token: string | null;
}

/** The outcome of a request that writes. */
interface Outcome {
	isDone: boolean;
	said: string;
	text: string;
}

// The dashboard.

type Requests = import("./static/dashboard/requests.js").Requests;

/** The view of the page, which its address holds. */
interface View {
	key: string;
	/** The id of an account token's website; null for its first website. */
	website: string | null;
	period: string;
	/** A day, of a custom period. */
	from: string;
	/** A day, of a custom period. */
	to: string;
	/** Empty for the usual interval of the period. */
	interval: string;
	/** The id; empty for the website's first funnel. */
	funnel: string;
	filters: Filters;
}

/** Values of parameters, such as `is:France`, by their names. */
type Filters = Texts;
type Interval = "hour" | "day" | "week" | "month";

/** The first and last time, both inclusive: days of the website's time zone, or an instant. */
type Dates = { startAt: string; endAt: string };

interface Period {
	dates: Dates;
	before: Dates | null;
	intervals: Interval[];
	usual: Interval;
	/** The period before, in words. */
	words: string;
}

interface ListedFunnel {
	id: string;
	name: string;
}

interface Site {
	websiteId: string;
	name: string;
	domain: string;
	funnels: ListedFunnel[];
}

/** One of the figures of the period. */
interface Figure {
	name: string;
	label: string;
	unit: "count" | "percent" | "ms" | "money";
	isBetterLower?: boolean;
}

/** What the chart shows. */
interface Series {
	buckets: any[];
	/** The buckets of the period before. */
	before: any[];
	interval: Interval;
	currency: string;
	hasSales: boolean;
	/** Whether the last bucket is not over. */
	isOpen: boolean;
}

/** A tab of a breakdown: an operation, the name of a row, and the filters that a click on a row sets. */
interface Tab {
	label: string;
	operation: Operation;
	/** The heading of the column with the rows' names. */
	column: string;
	/** The columns to request; all if it is missing. */
	fields?: string;
	name: (row: any) => string;
	/** Returns the values that a click on a row sets, by parameter. */
	filters: (row: any) => Filters;
	/** The second number of a row. */
	more: "revenue" | "completions" | "clicks";
}

/** The visitors whom a breakdown is about. */
interface About {
	/** Dates and filters. */
	query: Query;
	/** The request for the number of all these visitors. */
	overview: Asked;
	filters: Filters;
	currency: string;
}

/** The visitors whom the list of visitors is about. */
interface AboutVisitors {
	dates: Query;
	filters: Filters;
	timeZone: string;
}

/** A request that was sent, or waits to be sent. */
interface Pending {
	promise: Promise<Answered>;
	controller: AbortController;
	/** The number of panels that wait for the answer. */
	users: number;
	isDone: boolean;
}

// The page /verify.

type Violation = { problem: string; place: string; curl: string };

interface Verdict {
	id: string;
	outcome: string;
	cases: number;
	sentence: string;
	ground: string;
	needs: string;
	bug: string | null;
	violations: Violation[];
}
