// The part of the test runner that is inside the guest: runs test files one after the other, and tells of each by a line of
// JSON on the port to the host. Its argument is the job, as JSON.
import { spawnSync } from 'node:child_process';
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import { command, runFile } from '../tests/file.js';
import { kernelLog } from './kernel-log.js';

const job = JSON.parse(process.argv[2]);

/** Of the kernel's messages during a file, those that are told when it failed. */
const TELLING = /segfault|traps:|general protection|Killed process|BUG:|WARNING:|hung task|soft lockup/;
/** Else Node takes the signal for a fault of memory itself, and the kernel does not say where it was. */
const TELL_FAULTS = '--disable-wasm-trap-handler';
const env = process.allowedNodeEnvironmentFlags.has(TELL_FAULTS) ? { NODE_OPTIONS: TELL_FAULTS } : {};

/** Without udev there are no names in /dev/virtio-ports; sysfs has them. */
function port(name) {
  const ports = '/sys/class/virtio-ports';
  const device = readdirSync(ports).find((entry) => readFileSync(`${ports}/${entry}/name`, 'utf8').trim() === name);
  if (!device) throw new Error(`the guest has no port ${name}`);
  return openSync(`/dev/${device}`, 'w');
}

const results = port(job.port);
function tell(message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(results, bytes, at);
}

const hierarchies = readFileSync('/proc/self/mountinfo', 'utf8')
  .split('\n')
  .flatMap((line) => / - (cgroup2?) /.exec(line)?.[1] ?? []);
const controllers = readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim();
tell({ kind: 'up', kernel: release(), hierarchies, controllers });

const log = kernelLog();
const said = () =>
  log()
    .filter((message) => TELLING.test(message))
    .map((message) => `the guest's kernel: ${message}\n`)
    .join('');

/** How Node itself fails here, with what compiles the tests and not a line of theirs; undefined when it does not. */
function nodeFails() {
  const [program, ...args] = command('scripts/guest/proof.ts');
  const { status, signal } = spawnSync(program, args, { env: { ...process.env, ...env }, stdio: 'inherit' });
  return status === 0 ? undefined : `Node alone ended by ${signal ?? `status ${status}`} there\n${said()}`.trimEnd();
}

const unfit = nodeFails();
if (unfit === undefined) {
  for (const file of job.files) {
    tell({ kind: 'began', file });
    const outcome = await runFile(file, { timeout: job.timeout, env });
    outcome.output += said();
    tell({ kind: 'ended', outcome });
  }
  tell({ kind: 'done' });
} else tell({ kind: 'unfit', why: unfit });
