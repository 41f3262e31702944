// The key of the page: its form, and the field in the header.

import { at, h } from "./dom.js";

/** The problem of a text that is not a key. */
export const NO_KEY =
	"This is not a key: a key begins with df_ or dft_, followed by letters, digits, _ and -.";

/** Returns whether a text has the form of a key; any other text is neither sent nor offered to be pasted into a shell. @param {string} text */
export function isKey(text) {
	return /^dft?_[A-Za-z0-9_-]{1,200}$/.test(text);
}

/** Offers keys in the field. @param {ListedKey[]} keys */
export function offerKeys(keys) {
	at("keys").replaceChildren(
		...keys.map(({ key, label, description }) => h("option", { value: key }, label || description || "")),
	);
}

/**
 * Empties the field on focus, so that it offers all keys. If it stays empty, it shows the present key again.
 * @param {() => string} present returns the present key
 * @param {(key: string) => void} choose called for another key
 */
export function listenToField(present, choose) {
	const field = at("key");
	field.addEventListener("focus", () => {
		field.placeholder = field.value;
		field.value = "";
	});
	field.addEventListener("blur", () => {
		field.value ||= present();
	});
	field.addEventListener("change", () => choose(field.value.trim() || present()));
}
