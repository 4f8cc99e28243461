// What a person reads: a line a file, everything about a failure, and at the end each skipped test with its reason.
import { inspect } from 'node:util';

const indent = (text) => text.replace(/^/gm, '      ').trimEnd();

/** Places in tap's own report that repeat what the stack says. */
const OMITTED = new Set(['at', 'source', 'tapCaught', 'fileName', 'lineNumber', 'columnNumber']);

function describe(point) {
  const lines = [`    ${point.name}`];
  for (const [key, value] of Object.entries(point.diag ?? {}))
    if (!OMITTED.has(key))
      lines.push(indent(`${key}: ${typeof value === 'string' ? value.trimEnd() : inspect(value)}`));
  return lines.join('\n');
}

const count = (tests, outcome) => tests.filter((test) => test.outcome === outcome).length;

/** The line that ends a run, and that .ci/run adds up. */
export const summary = (tests) =>
  `${count(tests, 'passed')} passed, ${count(tests, 'failed')} failed, ${count(tests, 'skipped')} skipped`;

/** One file's outcome. */
export function reportFile({ file, tests, output, duration }) {
  const failed = tests.filter((test) => test.outcome === 'failed');
  console.log(`${failed.length > 0 ? 'not ok' : 'ok'} ${file}: ${summary(tests)} (${duration} ms)`);
  for (const test of failed) {
    console.log(`  ${test.name}`);
    for (const detail of test.details) console.log(describe(detail));
  }
  if (failed.length > 0 && output.trim()) console.log(`  what it printed:\n${indent(output)}`);
}

/** All that was skipped: tests with the same reason together. */
export function reportSkipped(tests) {
  const reasons = new Map();
  for (const { outcome, reason, name } of tests)
    if (outcome === 'skipped') reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  for (const [reason, names] of reasons) console.log(`skipped: ${reason}\n  ${names.join('\n  ')}`);
}
