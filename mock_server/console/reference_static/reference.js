// The page that shows one of the two documents in Swagger UI, with a key already set.

const DOCUMENTS = {
	"/docs": {
		url: "/openapi.json",
		title: "API reference",
		hint: "Open an operation, press “Try it out” and “Execute”: the key df_test is filled in.",
		keys: { websiteKey: "df_test" },
	},
	"/docs/controls": {
		url: "/__mock/openapi.json",
		title: "Controls",
		hint: "What you execute here changes this running mock.",
		keys: {},
	},
};

// The map of df_launch_day has millions of characters, which Swagger UI would colour for minutes.
const LONGEST_COLOURED = 200_000;

followColorScheme(matchMedia("(prefers-color-scheme: dark)"));
show(location.pathname, DOCUMENTS[location.pathname]);

function show(path, { url, title, hint, keys }) {
	document.title = `${title} · DataFast mock`;
	document.querySelector("#hint").textContent = hint;
	document.querySelector(`.which a[href="${path}"]`).setAttribute("aria-current", "page");
	const viewer = SwaggerUIBundle({
		url,
		dom_id: "#viewer",
		deepLinking: true,
		defaultModelsExpandDepth: 0,
		displayRequestDuration: true,
		// Without this, the document's address would be sent to a validation service.
		validatorUrl: null,
		plugins: [onlyThisServer, longTextsPlain],
		onComplete: () => {
			for (const [scheme, key] of Object.entries(keys)) {
				viewer.preauthorizeApiKey(scheme, key);
			}
		},
	});
}

// A plugin that hides the live service of the document, to which this page must not send requests.
function onlyThisServer() {
	const narrowed = (update) => (served) => update({ ...served, servers: served.servers.slice(0, 1) });
	return { statePlugins: { spec: { wrapActions: { updateJsonSpec: narrowed } } } };
}

// A plugin that shows long answers without colours.
function longTextsPlain() {
	const wrapped =
		(Coloured, { React, getComponent }) =>
		(properties) =>
			properties.children.length > LONGEST_COLOURED
				? React.createElement(getComponent("PlainTextViewer"), null, properties.children)
				: React.createElement(Coloured, properties);
	return { wrapComponents: { SyntaxHighlighter: wrapped } };
}

// Swagger UI is dark if the root element has this class.
function followColorScheme(dark) {
	const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
	dark.addEventListener("change", follow);
	follow();
}
