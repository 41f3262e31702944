// The drawer of the switches, which remembers whether it was open.

import { at } from "./dom.js";

/** The width of the window from which the drawer hides nothing, in pixels. */
const BESIDE = 1240;

/** Makes the buttons with `data-drawer` open and close the drawer; returns a function that opens it if it hides nothing. */
export function drawer() {
	const panel = at("switches");
	const page = document.documentElement.classList;
	const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-drawer]"));
	/** @type {HTMLElement | null} */
	let opener = null;
	const show = (/** @type {boolean} */ isOpen) => {
		panel.hidden = !isOpen;
		page.toggle("is-open", isOpen);
		for (const button of buttons) button.setAttribute("aria-expanded", String(isOpen));
	};
	const turn = (/** @type {boolean} */ isOpen) => {
		show(isOpen);
		try {
			localStorage.setItem("datafast-mock.switches", isOpen ? "open" : "closed");
		} catch {
			// The drawer works without a remembered state.
		}
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
	show(page.contains("is-open"));
	return () => {
		if (window.innerWidth >= BESIDE) show(true);
	};
}
