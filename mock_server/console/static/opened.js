// Opens the drawer before the page is drawn, so that nothing moves; it is no module, since these run later.

/** @type {string | null} */
let remembered = null;
try {
	remembered = localStorage.getItem("datafast-mock.switches");
} catch {
	// A browser may forbid pages to store anything.
}
// In a window of this width, the drawer is open at first.
const isWide = window.innerWidth >= 1600;
document.documentElement.classList.toggle("is-open", remembered === null ? isWide : remembered === "open");
