// Runs test files in a guest: Debian's kernel in QEMU, with this machine's root beneath a tmpfs and pure cgroup v2.
// One deadline holds for everything, so that it cannot hang; what the guest did not get to by then has failed.
import { tmpdir } from 'node:os';
import { which } from '../setup/programs.js';
import { say } from '../setup/say.js';
import { tree } from '../setup/tree.js';
import { accelerations } from './acceleration.js';
import { initramfs } from './initramfs.js';
import { guestKernel } from './kernel.js';
import { bootMachine, RESULTS_PORT, virtiofsd } from './machine.js';
import { messages } from './messages.js';
import { Unavailable } from './unavailable.js';

/** How many times slower than the machine the guest may be before a test's own time-out says that it hangs. */
const TIME_SCALE = { kvm: 2, tcg: 10 };

/** So many machines are tried before one gets up and runs Node itself: until then it is emulation that fails, and no test. */
const MOST_TRIES = 3;

const REQUIRED = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  setpriv: 'util-linux',
  'dpkg-deb': 'dpkg',
};

/** @throws {Unavailable} */
function requirePrograms() {
  if (process.arch !== 'x64') throw new Unavailable(`the guest is an x86-64 machine, this one is ${process.arch}`);
  for (const [program, name] of Object.entries(REQUIRED))
    if (!which(program)) throw new Unavailable(`no ${program} on this machine (Debian's package ${name})`);
  if (!virtiofsd())
    throw new Unavailable("no virtiofsd on this machine (Debian's package virtiofsd or qemu-system-common)");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** What the guest's first process does once it has its root: run the agent, then turn the machine off. */
function jobOf(files, { timeout, acceleration }) {
  const job = JSON.stringify({ port: RESULTS_PORT, files, timeout });
  const env = {
    PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    TMPDIR: '/run/guest',
    LANG: 'C.UTF-8',
    COFFERDAM_TIME_SCALE: String(TIME_SCALE[acceleration]),
    COFFERDAM_GUEST: '1',
  };
  return [
    `cd ${quoted(tree)}`,
    // What tsx has compiled on this machine need not be compiled there.
    `ln -s ${quoted(`${tmpdir()}/tsx-0`)} /run/guest/tsx-0`,
    `env -i ${Object.entries(env)
      .map(([name, value]) => `${name}=${quoted(value)}`)
      .join(' ')} \\`,
    `  ${quoted(process.execPath)} scripts/guest/agent.js ${quoted(job)} </dev/null >/dev/console 2>&1`,
    'echo o >/proc/sysrq-trigger',
    'sleep 60',
    '',
  ].join('\n');
}

const failed = (file, why) => ({
  file,
  output: '',
  duration: 0,
  tests: [{ name: file, outcome: 'failed', details: [{ name: why }] }],
});

/**
 * @param {readonly string[]} files relative to the tree
 * @param {{ timeout: number, deadline: number, report: (outcome: object) => void }} options
 *   timeout: seconds for one file; deadline: for everything; report: called with each file's outcome as it comes
 * @returns {Promise<object[]>} tests of all files
 * @throws {Unavailable} when this machine cannot run a guest
 */
export async function runInGuest(files, { timeout, deadline, report }) {
  requirePrograms();
  const kernel = guestKernel();
  const over = AbortSignal.timeout(deadline * 1000);
  const waiting = new Set(files);
  const tests = [];
  const take = (outcome) => {
    waiting.delete(outcome.file);
    report(outcome);
    tests.push(...outcome.tests);
  };
  let ending = { why: 'the guest did not boot', console: '' };
  for (const acceleration of accelerations()) {
    const root = initramfs(kernel, jobOf(files, { timeout, acceleration: acceleration.name }));
    for (let left = MOST_TRIES; left > 0; left--) {
      ending = await conduct({ kernel, acceleration, initramfs: root }, take, over);
      if (ending.booted && ending.unfit === undefined) break;
      say(`${acceleration.name}: ${ending.unfit ?? ending.why}`);
      if (ending.late || over.aborted) break;
    }
    if (ending.booted || over.aborted) break;
  }
  if (ending.unfit !== undefined) throw new Unavailable(ending.unfit);
  for (const file of waiting) take(failed(file, ending.why));
  if (ending.why)
    console.log(`what the guest's console said last:\n${ending.console.trimEnd().split('\n').slice(-40).join('\n')}`);
  return tests;
}

/**
 * One guest from boot to end.
 * @param {(outcome: object) => void} take @param {AbortSignal} over the deadline
 * @returns {Promise<{ booted: boolean, late: boolean, why?: string, unfit?: string, console: string }>} late: it gave no sign
 *   in time; why: it ended before it was done; unfit: it does not run Node, and so it ran no test
 */
async function conduct(options, take, over) {
  const { acceleration } = options;
  const machine = await bootMachine(options);
  const began = Date.now();
  let booted = false;
  let done = false;
  let unfit;
  let doing = 'booting';
  let late = false;
  const stop = () => machine.stop();
  const impatient = setTimeout(() => {
    late = true;
    stop();
  }, acceleration.patience * 1000);
  over.addEventListener('abort', stop, { once: true });
  try {
    for await (const message of messages(machine.results)) {
      if (message.kind === 'up') {
        clearTimeout(impatient);
        booted = true;
        say(
          `guest: Linux ${message.kernel} under ${acceleration.name}, up in ${seconds(began)} s, ` +
            `hierarchies: ${message.hierarchies.join(' ')}; controllers: ${message.controllers}`,
        );
        doing = 'running Node for the first time';
      } else if (message.kind === 'began') doing = `running ${message.file}`;
      else if (message.kind === 'ended') take(message.outcome);
      else if (message.kind === 'unfit') unfit = message.why;
      else done = true;
    }
    const how = over.aborted ? 'was out of time' : late ? `gave no sign in ${acceleration.patience} s` : 'ended';
    const why = done ? undefined : `the guest ${how} while ${doing}`;
    return { booted, late, why, unfit, console: machine.console() };
  } finally {
    clearTimeout(impatient);
    over.removeEventListener('abort', stop);
    await machine.discard();
  }
}

const seconds = (began) => ((Date.now() - began) / 1000).toFixed(1);
