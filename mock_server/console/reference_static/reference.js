// Shows one of the two documents in Swagger UI, so that "Try it out", "Execute" answers at once.

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
    hint: "What you execute here turns this running mock.",
    keys: {},
  },
};

// The map of df_launch_day has millions of characters; Swagger UI would colour it for minutes.
const LONGEST_COLOURED = 200_000;

followColorScheme(matchMedia("(prefers-color-scheme: dark)"));
show(location.pathname, DOCUMENTS[location.pathname]);

function show(path, { url, title, hint, keys }) {
  document.title = `${title} · DataFast mock`;
  document.querySelector("#hint").textContent = hint;
  document.querySelector(`nav a[href="${path}"]`).setAttribute("aria-current", "page");
  const viewer = SwaggerUIBundle({
    url,
    dom_id: "#viewer",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    // Else it would send the document's address to a service of its maker, to be checked there.
    validatorUrl: null,
    plugins: [onlyThisServer, longTextsPlain],
    onComplete: () => {
      for (const [scheme, key] of Object.entries(keys)) {
        viewer.preauthorizeApiKey(scheme, key);
      }
    },
  });
}

// A plugin: the document names the live service too, which this page must not ask, and cannot.
function onlyThisServer() {
  const narrowed = (update) => (served) => update({ ...served, servers: served.servers.slice(0, 1) });
  return { statePlugins: { spec: { wrapActions: { updateJsonSpec: narrowed } } } };
}

// A plugin: what is long is shown without colours.
function longTextsPlain() {
  const wrapped =
    (Coloured, { React, getComponent }) =>
    (properties) =>
      properties.children.length > LONGEST_COLOURED
        ? React.createElement(getComponent("PlainTextViewer"), null, properties.children)
        : React.createElement(Coloured, properties);
  return { wrapComponents: { SyntaxHighlighter: wrapped } };
}

// Swagger UI is dark where the root element has this class.
function followColorScheme(dark) {
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}
