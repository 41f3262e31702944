// The gestures of the map: wheel, drag and pinch, as zooms and moves in pixels.

/** The least movement, in pixels, that makes a press a drag instead of a click. */
const SLACK = 4;

/** Turns the gestures on an element into moves. @param {HTMLElement} frame @param {Moves} moves */
export function listen(frame, { zoom, move }) {
	/** @type {Map<number, {x: number, y: number}>} */
	const fingers = new Map();
	let moved = 0;

	frame.addEventListener(
		"wheel",
		(event) => {
			// A wheel that counts lines has about 16 pixels a line; a touchpad's pinch comes with Ctrl, in small steps.
			const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1) * (event.ctrlKey ? 6 : 1);
			// If the map shows the whole world, the wheel scrolls the page.
			if (zoom(Math.exp(-pixels / 400), pointOf(event))) event.preventDefault();
		},
		{ passive: false },
	);
	frame.addEventListener("pointerdown", (event) => {
		if (event.button !== 0 || /** @type {Element} */ (event.target).closest("button")) return;
		if (fingers.size === 0) moved = 0;
		fingers.set(event.pointerId, pointOf(event));
	});
	frame.addEventListener("pointermove", (event) => {
		const before = fingers.get(event.pointerId);
		if (before === undefined) return;
		const after = pointOf(event);
		moved += Math.hypot(after.x - before.x, after.y - before.y);
		if (moved < SLACK) return;
		// The pointer is captured only when the drag begins, because a captured pointer clicks nothing.
		if (!frame.hasPointerCapture(event.pointerId)) frame.setPointerCapture(event.pointerId);
		const other = [...fingers].find(([finger]) => finger !== event.pointerId)?.[1];
		fingers.set(event.pointerId, after);
		if (other === undefined) move(before.x - after.x, before.y - after.y);
		else {
			move((before.x - after.x) / 2, (before.y - after.y) / 2);
			zoom(distance(after, other) / Math.max(distance(before, other), 1), middle(after, other));
		}
	});
	for (const end of ["pointerup", "pointercancel"])
		frame.addEventListener(end, (event) => {
			fingers.delete(/** @type {PointerEvent} */ (event).pointerId);
			// Only the click of this press is ignored, if it comes at all; screen readers send clicks without a press.
			setTimeout(() => {
				if (fingers.size === 0) moved = 0;
			});
		});
	frame.addEventListener(
		"click",
		(event) => {
			if (moved >= SLACK) event.stopPropagation();
		},
		{ capture: true },
	);

	/** @param {MouseEvent} event */
	function pointOf({ clientX, clientY }) {
		const { left, top } = frame.getBoundingClientRect();
		return { x: clientX - left, y: clientY - top };
	}
}

/** @param {Point} one @param {Point} other */
function distance(one, other) {
	return Math.hypot(one.x - other.x, one.y - other.y);
}

/** @param {Point} one @param {Point} other */
function middle(one, other) {
	return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}
