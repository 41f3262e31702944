// The drawer of the switches, which remembers whether it was open.

import { at } from "./dom.js";

const NAME = "datafast-mock.switches";
/** The width of the window from which the drawer is open at first, in pixels. */
const WIDE = 1600;
/** The width of the window from which the drawer hides nothing, in pixels. */
const BESIDE = 1240;

/** Makes the buttons with `data-drawer` open and close the drawer; returns a function that opens it if it hides nothing. */
export function drawer() {
	const panel = at("switches");
	const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-drawer]"));
	/** @type {HTMLElement | null} */
	let opener = null;
	const show = (/** @type {boolean} */ isOpen) => {
		panel.hidden = !isOpen;
		for (const button of buttons) button.setAttribute("aria-expanded", String(isOpen));
	};
	const turn = (/** @type {boolean} */ isOpen) => {
		show(isOpen);
		remember(isOpen ? "open" : "closed");
		if (isOpen) at("switches-title").focus();
		else opener?.focus();
	};
	for (const button of buttons)
		button.addEventListener("click", () => {
			if (panel.hidden) opener = button;
			turn(panel.hidden);
		});
	panel.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
		if (event.key === "Escape") turn(false);
	});
	const remembered = recall();
	show(remembered === null ? window.innerWidth >= WIDE : remembered === "open");
	return () => {
		if (window.innerWidth >= BESIDE) show(true);
	};
}

/** Returns the remembered state, "open" or "closed"; null if there is none. */
function recall() {
	try {
		return localStorage.getItem(NAME);
	} catch {
		// A browser may forbid pages to store anything.
		return null;
	}
}

/** @param {string} value */
function remember(value) {
	try {
		localStorage.setItem(NAME, value);
	} catch {
		// The drawer works without a remembered state.
	}
}
