// A front end that reads every answer through the generated types; it has to compile.
import type { components, operations } from "./datafast.js";

type Answer<Name extends keyof operations> =
  operations[Name] extends { responses: { 200: { content: { "application/json": infer Body } } } } ? Body : never;

export function summary(
  counter: Answer<"getRealtime">,
  map: Answer<"getRealtimeMap">,
  visitor: Answer<"getVisitor">,
  error: components["schemas"]["ErrorAnswer"],
): string {
  const cities = map.data.visitors.map((active) => active.location.city ?? "somewhere");
  const paid = map.data.recentPayments.reduce((sum, payment) => sum + (payment.amount ?? 0), 0);
  const goals = (visitor.data.activity.completedGoals ?? []).map((goal) => goal.name);
  return [counter.data[0]?.visitors, ...cities, paid, ...goals, error.error.message].join();
}
