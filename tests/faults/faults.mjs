// A program that requests each fault, or another preference, with fetch, and prints the results as JSON.
const [url, ...faults] = process.argv.slice(2);
const headers = { Authorization: "Bearer df_demo" };
const met = {};
for (const fault of faults) {
  const begun = performance.now();
  const answer = { failed: false };
  try {
    const signal = AbortSignal.timeout(fault === "hang" ? 300 : 60_000);
    const reply = await fetch(url, {
      headers: { ...headers, Prefer: fault.includes("=") ? fault : `fault=${fault}` },
      signal,
    });
    answer.status = reply.status;
    answer.type = reply.headers.get("content-type");
    const text = await reply.text();
    answer.length = text.length;
    answer.data = JSON.parse(text).data ?? null;
  } catch (error) {
    answer.failed = true;
    answer.error = error.cause?.code ?? error.name;
  }
  answer.ms = performance.now() - begun;
  met[fault] = answer;
}
console.log(JSON.stringify(met));
