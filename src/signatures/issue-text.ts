import type { z } from "zod";

/** The first thing that is wrong with a value, on one line, with the place inside the value. */
export function firstIssue(error: z.ZodError): string {
  const issue = deepest(error.issues[0]);
  if (issue === undefined) return "not valid";
  const message = issue.message.replace(/^Invalid input: /, "").replaceAll("\n", " ");
  return issue.path.length === 0 ? message : `at ${issue.path.map(String).join(".")}: ${message}`;
}

/** Optional types are unions of the type and null: the type's own issue says more than "no member fits". */
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const branches = issue.errors.filter((branch) => !(branch.length === 1 && expectsNull(branch[0])));
  const inner = branches.length === 1 ? branches[0]?.[0] : undefined;
  return inner === undefined ? issue : deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

function expectsNull(issue: z.core.$ZodIssue | undefined): boolean {
  return issue?.code === "invalid_type" && issue.expected === "null";
}
