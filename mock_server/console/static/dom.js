// Functions that make elements from data. Values of the API become text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an HTML element. Attributes that begin with `on` are listeners; those that are null or false are left out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | number | null | undefined)} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
	return filled(document.createElement(tag), attributes, children);
}

/**
 * Makes a button that submits no form.
 * @param {Record<string, any>} attributes
 * @param {...(Node | string | number | null | undefined)} children
 * @returns {any}
 */
export function button(attributes, ...children) {
	return h("button", { type: "button", ...attributes }, ...children);
}

/**
 * Makes an SVG element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {any}
 */
export function s(tag, attributes = {}, ...children) {
	return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Returns the element of the page with an id.
 * @param {string} id
 * @returns {any}
 */
export function at(id) {
	const found = document.getElementById(id);
	if (found === null) throw new Error(`the page has no #${id}`);
	return found;
}

/**
 * Makes an element's children from `items`. Children of known items are kept and updated, so that
 * focus and scrolling stay; others are made or removed.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} make
 * @param {(element: HTMLElement, item: T) => void} [update]
 */
export function reconcile(parent, items, keyOf, make, update) {
	const kept = new Map(
		[...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]),
	);
	// If two items have the same key, the later one is kept.
	for (const child of [...parent.children])
		if (kept.get(/** @type {HTMLElement} */ (child).dataset.key) !== child) child.remove();
	let next = parent.firstElementChild;
	for (const item of items) {
		const key = keyOf(item);
		let child = /** @type {HTMLElement | undefined} */ (kept.get(key));
		kept.delete(key);
		if (child === undefined) {
			child = make(item);
			child.dataset.key = key;
		}
		update?.(child, item);
		if (child === next) next = next.nextElementSibling;
		else parent.insertBefore(child, next);
	}
	for (const child of kept.values()) child.remove();
}

/**
 * Sets an element's text if it differs.
 * @param {Node} node
 * @param {string | number} text
 */
export function say(node, text) {
	if (node.textContent !== String(text)) node.textContent = String(text);
}

/** @param {any} element @param {Record<string, any>} attributes @param {any[]} children */
function filled(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else if (value !== null && value !== false && value !== undefined)
			element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.filter((child) => child !== null && child !== undefined));
	return element;
}
