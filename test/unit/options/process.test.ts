import { Readable } from 'node:stream';
import t from 'tap';
import { DEFAULTS } from '../../../lib/options/defaults.ts';
import { environment } from '../../../lib/options/environment.ts';
import { normalizeContainerOptions, normalizeRunOptions, normalizeStartOptions } from '../../../lib/options/index.ts';
import { DEFAULT_PROFILE } from '../../../lib/security/seccomp/profile.ts';
import { plain } from '../support/plain.ts';

const container = (options: object = {}) => normalizeContainerOptions({ rootfs: '/r', ...options }).container.defaults;
const flat = <Normalized extends { process: object }>({ process, ...rest }: Normalized) =>
  ({ ...process, ...rest }) as Normalized['process'] & Omit<Normalized, 'process'>;
const run = (options?: object, defaults = container()) => flat(normalizeRunOptions(['true'], options, defaults));
const start = (options?: object, defaults = container()) =>
  flat(normalizeStartOptions(['sh', '-i'], options, defaults));
const PATH = `PATH=${DEFAULTS.process.path}`;

t.test('what nothing is said about', (t) => {
  const { capabilities, seccomp, ...rest } = run();
  t.equal(seccomp, DEFAULT_PROFILE);
  t.equal(capabilities.bounding, 0xa80425fbn);
  t.strictSame(plain(Object.assign(Object.create(null), rest)), {
    argv: ['true'],
    env: [PATH, 'HOME='],
    home: true,
    path: DEFAULTS.process.path,
    cwd: '/',
    user: { user: '0', group: '0', groups: [] },
    umask: 0o022,
    rlimits: [],
    noNewPrivileges: true,
    oomScoreAdj: 0,
    landlock: undefined,
    apparmor: undefined,
    selinux: undefined,
    tty: undefined,
    signal: undefined,
    input: undefined,
    timeout: 0,
    maxBuffer: 64 * 2 ** 20,
    encoding: 'utf8',
  });
  t.strictSame(start().stdio, ['pipe', 'pipe', 'pipe']);
  const { process } = normalizeRunOptions(['true'], {}, container());
  t.ok(Object.isFrozen(process) && Object.getPrototypeOf(process) === null);
  t.equal(normalizeRunOptions(['false'], { input: 'x' }, container()).process, process, 'equal options, one object');
  t.end();
});

t.test('environment', (t) => {
  t.strictSame(environment({ A: '1', PATH: '/bin', HOME: '/h' }, true), {
    env: ['A=1', 'PATH=/bin', 'HOME=/h', 'TERM=xterm'],
    home: false,
    path: '/bin',
  });
  t.strictSame(environment({ HOME: '', PATH: '', TERM: 'vt100' }, true), {
    env: ['HOME=', 'PATH=', 'TERM=vt100'],
    home: false,
    path: '',
  });
  process.env.COFFERDAM_TEST_SECRET = 'x';
  t.notOk(environment({}, true).env.some((entry) => entry.includes('COFFERDAM_TEST_SECRET')));
  delete process.env.COFFERDAM_TEST_SECRET;
  const defaults = container({ env: { A: 'container', B: 'container' } });
  t.strictSame(run({ env: { A: 'own' } }, defaults).env, ['A=own', 'B=container', PATH, 'HOME=']);
  t.end();
});

t.test("a process's own options come before its container's", (t) => {
  const defaults = container({
    cwd: '/a',
    user: 'app',
    umask: 0,
    rlimits: { nofile: 5, core: 0 },
    noNewPrivileges: false,
    oomScoreAdj: 7,
  });
  t.match(run({}, defaults), { cwd: '/a', user: { user: 'app' }, umask: 0, noNewPrivileges: false, oomScoreAdj: 7 });
  const own = run(
    {
      cwd: '/b/',
      user: 3,
      umask: 0o77,
      rlimits: { nofile: 9 },
      noNewPrivileges: true,
      oomScoreAdj: -7,
      capabilities: [],
    },
    defaults,
  );
  t.match(own, { cwd: '/b', user: { user: '3', group: '' }, umask: 0o77, noNewPrivileges: true, oomScoreAdj: -7 });
  t.equal(own.capabilities.bounding, 0n);
  t.strictSame(
    own.rlimits.map((limit) => ({ ...limit })),
    [
      { resource: 4, soft: 0, hard: 0 },
      { resource: 7, soft: 9, hard: 9 },
    ],
  );
  t.end();
});

t.test('terminal', (t) => {
  t.equal(start({ tty: false }).tty, undefined);
  t.strictSame({ ...start({ tty: true }).tty }, { rows: 24, columns: 80 });
  t.strictSame({ ...start({ tty: { rows: 50 } }).tty }, { rows: 50, columns: 80 });
  t.ok(start({ tty: true }).env.includes('TERM=xterm'));
  t.end();
});

t.test('standard streams', (t) => {
  t.strictSame(start({ stdio: 'inherit' }).stdio, ['inherit', 'inherit', 'inherit']);
  t.strictSame(start({ stdio: ['ignore', 5, 'pipe'] }).stdio, ['ignore', 5, 'pipe']);
  t.end();
});

t.test('input', (t) => {
  for (const input of ['text', Buffer.from('x'), new Uint8Array(2), Readable.from([])])
    t.equal(run({ input }).input, input);
  t.throws(
    () => run({ input: new Proxy(new Uint8Array(2), {}) }),
    { code: 'ERR_INVALID_OPTION_TYPE' },
    'no memory of its own',
  );
  t.end();
});

const BAD: [() => unknown, RegExp][] = [
  [
    () => normalizeRunOptions('ls -l', {}, container()),
    /'command' must be an array of strings, got "ls -l" \(\['sh', '-c', command\]/,
  ],
  [() => normalizeRunOptions([], {}, container()), /'command' must have at least 1 element/],
  [() => normalizeRunOptions([''], {}, container()), /'command\[0\]' must not be empty/],
  [() => normalizeRunOptions(['a', 5], {}, container()), /'command\[1\]' must be a string, got 5/],
  [() => normalizeRunOptions(['a', 'b\0c'], {}, container()), /'command\[1\]' must not contain a NUL/],
  // biome-ignore lint/suspicious/noSparseArray: a hole must not slip through as nothing
  [() => normalizeRunOptions(['a', , 'b'], {}, container()), /'command\[1\]' must be a string, got undefined/],
  [() => run({ stdio: 'pipe' }), /unknown option 'stdio'/],
  [() => start({ timeout: 5 }), /unknown option 'timeout'/],
  [() => start({ rootfs: '/x' }), /unknown option 'rootfs'/],
  [() => run({ cwd: 'x' }), /'cwd' must be an absolute path/],
  [() => run({ umask: 0o1000 }), /'umask' must be at least 0 and at most 511/],
  [() => run({ umask: '022' }), /'umask' must be a number/],
  [() => run({ oomScoreAdj: 1001 }), /'oomScoreAdj'/],
  [() => run({ timeout: -1 }), /'timeout'/],
  [() => run({ timeout: 2 ** 31 }), /'timeout' must be at least 0 and at most 2147483647 milliseconds/],
  [() => run({ maxBuffer: 0 }), /'maxBuffer'/],
  [() => run({ encoding: 'utf9' }), /'encoding' must be an encoding/],
  [() => run({ input: 5 }), /'input' must be a string, a Uint8Array or a Readable/],
  [() => run({ signal: 'x' }), /'signal' must be an AbortSignal/],
  [() => start({ tty: 1 }), /'tty' must be true, false or/],
  [() => start({ tty: null }), /'tty'/],
  [() => start({ tty: { rows: 0 } }), /'tty\.rows' must be at least 1/],
  [() => start({ tty: { rows: 70000 } }), /'tty\.rows'/],
  [() => start({ stdio: 'pipes' }), /'stdio' must be 'pipe'/],
  [() => start({ stdio: ['pipe', 'pipe'] }), /'stdio' must have at least 3/],
  [() => start({ stdio: ['pipe', 'pipe', -1] }), /'stdio\[2\]' must be at least 0/],
  [() => start({ stdio: true }), /'stdio' must be 'pipe'/],
];

t.test('bad ones', (t) => {
  for (const [act, message] of BAD) t.throws(act, { code: /^ERR_(INVALID|UNKNOWN)_OPTION/, message });
  t.end();
});

t.test('options may be left out', (t) => {
  t.doesNotThrow(() => run(undefined));
  t.throws(() => normalizeRunOptions(['true'], 'x', container()), { code: 'ERR_INVALID_OPTION_TYPE' });
  t.end();
});
