// The names that the page makes up for visitors without a name; for these the API says `isRandomName`.

import { hashed } from "./hash.js";

const QUALITIES = (
	"Amber Bold Brave Bright Calm Clever Cosy Crisp Daring Eager Fair Gentle Glad Golden Happy Honest Jolly Keen Kind Lively " +
	"Lucky Merry Misty Nimble Noble Patient Quick Quiet Rapid Rosy Silent Silver Smart Snowy Sunny Swift Tidy Velvet Warm Witty"
).split(" ");
const ANIMALS = (
	"Alpaca Badger Bear Beaver Bison Camel Cat Crane Deer Dolphin Eagle Falcon Finch Fox Gecko Hare Hawk Heron Koala Lark " +
	"Lemur Lion Llama Lynx Marten Mole Moose Otter Owl Panda Puffin Rabbit Raven Robin Seal Sloth Swan Tiger Turtle Wolf"
).split(" ");

/** Returns the name of a visitor, or a made-up name. @param {{visitorId: string, name?: string | null}} visitor */
export function nameOf({ visitorId, name }) {
	return name ?? madeUpName(visitorId);
}

/** Returns the made-up name of a visitor, which is always the same. @param {string} visitorId */
export function madeUpName(visitorId) {
	const hash = hashed(visitorId);
	return `${QUALITIES[hash % QUALITIES.length]} ${ANIMALS[(hash >>> 16) % ANIMALS.length]}`;
}
