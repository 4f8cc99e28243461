// Runs rings of tests, or the test files named on the command line, and ends with one line of counts.
import { runInGuest } from './guest/run.js';
import { Unavailable } from './guest/unavailable.js';
import { sudoCommand } from './setup/privileges.js';
import { sanitizerEnvironment } from './setup/sanitizers.js';
import { Stop, say } from './setup/say.js';
import { runFile } from './tests/file.js';
import { reportFile, reportSkipped, summary } from './tests/report.js';
import { DEFAULT_RINGS, filesOf, rings } from './tests/rings.js';

const isRoot = process.geteuid?.() === 0;
const SWITCHES = ['--sanitize', '--guest'];
const args = process.argv.slice(2).filter((argument) => !SWITCHES.includes(argument));
const sanitized = process.argv.includes('--sanitize');
const env = sanitized ? sanitizerEnvironment() : {};
/** A file may take so many times as long: Node itself takes twice as long to start, and tests start it often. */
const patience = sanitized ? 3 : 1;

/** `--guest`: what is named runs in the guest, the guest's own ring when nothing is. */
const inGuest = process.argv.includes('--guest');
const defaults = inGuest ? ['guest'] : DEFAULT_RINGS;

/** [ring, files] of what was asked for: names of rings, or files of theirs. */
function selected() {
  const names = args.filter((name) => Object.hasOwn(rings, name));
  const files = args.filter((name) => !Object.hasOwn(rings, name)).map((name) => name.replace(/^\.\//, ''));
  const chosen = (args.length === 0 ? defaults : names).map((name) => [rings[name], filesOf(rings[name])]);
  for (const file of files) {
    const ring = Object.values(rings).find(
      ({ directory, suffix }) => file.startsWith(`${directory}/`) && file.endsWith(suffix),
    );
    if (!ring) throw new Stop(`${file} is neither a ring (${Object.keys(rings).join(', ')}) nor a test file of one`, 2);
    chosen.push([ring, [file]]);
  }
  return inGuest ? [[rings.guest, [...new Set(chosen.flatMap(([, files]) => files))]]] : chosen;
}

const skipped = (file, reason) => ({ name: file, outcome: 'skipped', reason, details: [] });

async function runGuestRing({ timeout, deadline }, files) {
  try {
    return await runInGuest(files, { timeout, deadline, report: reportFile });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return files.map((file) => skipped(file, `no guest: ${error.message}`));
  }
}

async function runRing(ring, files) {
  if (ring.root && !isRoot) return files.map((file) => skipped(file, `containers need root: ${sudoCommand('test')}`));
  if (ring.guest) return runGuestRing(ring, files);
  const waiting = [...files];
  const tests = [];
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const outcome = await runFile(file, { timeout: ring.timeout * patience, env, plainUser: ring.plainUser });
      reportFile(outcome);
      tests.push(...outcome.tests);
    }
  };
  await Promise.all(Array.from({ length: ring.jobs }, worker));
  return tests;
}

try {
  const tests = [];
  for (const [ring, files] of selected()) tests.push(...(await runRing(ring, files)));
  reportSkipped(tests);
  console.log(summary(tests));
  if (tests.length === 0) say('there was nothing to run');
  if (tests.length === 0 || tests.some((test) => test.outcome === 'failed')) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(error.message);
  process.exitCode = error.status;
}
