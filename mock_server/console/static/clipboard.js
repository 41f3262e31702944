// Copying to the clipboard, with a short message about it.

import { at, say } from "./dom.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let toasting;

/** Copies a text, and reports it. @param {string} text */
export async function copy(text) {
	let said = "Copied.";
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		said = "The browser does not let this page copy; select the text instead.";
	}
	const toast = at("copied");
	// Elements outside an open dialog are neither visible nor read out.
	(document.querySelector("dialog[open]") ?? document.body).append(toast);
	toast.hidden = false;
	say(toast, said);
	clearTimeout(toasting);
	toasting = setTimeout(() => {
		toast.hidden = true;
	}, 1600);
}
