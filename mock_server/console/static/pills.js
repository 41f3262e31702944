// A row of buttons of which at most one is pressed.

import { button } from "./dom.js";

/** @template T */
export class Pills {
	/**
	 * @param {Element} row
	 * @param {{value: T, label: string, title?: string}[]} choices
	 * @param {(value: T) => void} choose
	 */
	constructor(row, choices, choose) {
		this.buttons = choices.map(({ value, label, title }) => ({
			value,
			button: button({ "aria-pressed": "false", title: title ?? null, onclick: () => choose(value) }, label),
		}));
		row.replaceChildren(...this.buttons.map(({ button }) => button));
	}

	/** Presses the button of a value; any other value presses none. @param {any} value */
	press(value) {
		for (const each of this.buttons) each.button.setAttribute("aria-pressed", String(each.value === value));
	}
}

/** Returns the choices of a table of values by labels. @param {Record<string, any>} table */
export function choices(table) {
	return Object.entries(table).map(([label, value]) => ({ value, label }));
}
