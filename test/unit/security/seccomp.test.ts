/** Profiles and filters: every number of every architecture gets what the profile says, computed in another way. */
import t, { type Test } from 'tap';
import { CAPABILITIES } from '../../../lib/program/constants.ts';
import { compileSeccomp } from '../../../lib/security/seccomp/compile.ts';
import { DEFAULT_PROFILE } from '../../../lib/security/seccomp/profile.ts';
import { ARCHITECTURE_NAMES, SYSCALLS } from '../../../lib/security/seccomp/syscalls.ts';
import type { SeccompOperator, SeccompProfile } from '../../../lib/security/seccomp/types.ts';
import { checkFilter, runFilter } from '../support/bpf.ts';
import { type Architecture, AUDIT, answerOf } from '../support/seccomp-model.ts';

const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const KILL_PROCESS = 0x80000000;
const EPERM = ERRNO + 1;
const ENOSYS = ERRNO + 38;

const capabilities = (...names: string[]) =>
  names.reduce((mask, name) => mask | (1n << BigInt((CAPABILITIES as readonly string[]).indexOf(name))), 0n);
const KERNEL = '6.1.0';

/** Ask a profile's filter about one call. */
function asker(profile: SeccompProfile, mask = 0n, machine = 'x64') {
  const { filter } = compileSeccomp(profile, { capabilities: mask, machine, kernel: KERNEL });
  checkFilter(filter);
  return (name: string | number, args: readonly (bigint | number)[] = [], architecture: Architecture = 'x86_64') =>
    runFilter(filter, {
      number:
        typeof name === 'number'
          ? name
          : ((SYSCALLS[name] as readonly number[])[ARCHITECTURE_NAMES.indexOf(architecture)] as number),
      audit: AUDIT[architecture],
      args: args.map(BigInt),
    });
}

t.test('CVE-2022-0185 CVE-2021-3493 CVE-2023-0386 CVE-2024-1086: what the default profile is known for', (t) => {
  const ask = asker(DEFAULT_PROFILE);
  for (const name of ['read', 'execve', 'futex', 'openat2', 'statx', 'ptrace', 'rseq', 'exit_group', 'sendmsg'])
    t.equal(ask(name), ALLOW, name);
  for (const name of ['mount', 'unshare', 'setns', 'bpf', 'keyctl', 'add_key', 'request_key', 'userfaultfd', 'reboot'])
    t.equal(ask(name), EPERM, name);
  for (const name of [
    'io_uring_setup',
    'kexec_load',
    'init_module',
    'perf_event_open',
    'open_by_handle_at',
    'pivot_root',
    'swapon',
    'fsopen',
    'move_mount',
  ])
    t.equal(ask(name), EPERM, name);
  t.equal(ask('clone3'), ENOSYS, 'libraries fall back to clone');
  t.equal(ask('clone', [17]), ALLOW, 'fork');
  for (const flag of [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000])
    t.equal(ask('clone', [flag | 17]), EPERM, `clone with 0x${flag.toString(16)}`);
  t.equal(ask('socket', [1]), ALLOW);
  t.equal(ask('socket', [40]), EPERM, 'AF_VSOCK');
  t.equal(ask('personality', [0]), ALLOW);
  t.equal(ask('personality', [0x0040000]), EPERM, 'ADDR_NO_RANDOMIZE');
  t.equal(ask('ioctl', [0, 0x5401]), ALLOW);
  t.equal(ask('ioctl', [0, 0x5412]), EPERM, 'TIOCSTI');
  t.equal(
    ask('ioctl', [0, 0x1_0000_5412n]),
    EPERM,
    'CVE-2019-10063: TIOCSTI with bits that the kernel does not look at',
  );
  t.equal(ask('ioctl', [0, 0x541c]), EPERM, 'TIOCLINUX');
  t.end();
});

t.test('capabilities open what needs them', (t) => {
  const admin = asker(DEFAULT_PROFILE, capabilities('SYS_ADMIN'));
  for (const name of ['mount', 'unshare', 'setns', 'bpf', 'clone3', 'fsopen']) t.equal(admin(name), ALLOW, name);
  t.equal(admin('clone', [0x10000011]), ALLOW);
  t.equal(admin('reboot'), EPERM);
  t.equal(asker(DEFAULT_PROFILE, capabilities('SYS_BOOT'))('reboot'), ALLOW);
  t.equal(asker(DEFAULT_PROFILE, capabilities('SYS_CHROOT'))('chroot'), ALLOW);
  t.end();
});

t.test('numbers mean something only with their architecture', (t) => {
  const ask = asker(DEFAULT_PROFILE);
  t.equal(ask('keyctl', [], 'x86'), EPERM);
  t.equal(ask('mount', [], 'x86'), EPERM);
  t.equal(ask('time', [], 'x86'), ALLOW);
  t.equal(ask('socketcall', [], 'x86'), ALLOW);
  t.equal(ask('clone3', [], 'x86'), ENOSYS);
  t.equal(ask(0, [], 'aarch64'), KILL_PROCESS, 'foreign');
  t.equal(ask(0x40000000), ENOSYS, 'x32');
  t.equal(ask(0x40000000 + 520), ENOSYS, 'x32');
  t.equal(ask(0xffffffff), ENOSYS);
  t.equal(ask(5000), ENOSYS, 'of a kernel newer than the table');
  const arm = asker(DEFAULT_PROFILE, 0n, 'arm64');
  t.equal(arm('read', [], 'aarch64'), ALLOW);
  t.equal(arm('mount', [], 'aarch64'), EPERM);
  t.equal(arm('set_tls', [], 'arm'), ALLOW);
  t.equal(arm(0xf0003, [], 'arm'), ENOSYS);
  t.equal(arm('read', [], 'x86_64'), KILL_PROCESS);
  t.end();
});

/** Numbers that repeat from run to run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const OPERATORS: SeccompOperator[] = [
  'SCMP_CMP_EQ',
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
];
/** Around the borders of words, where comparisons of halves go wrong. */
const VALUES = [
  0n,
  1n,
  2n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x100000001n,
  0x8000000000000000n,
  2n ** 64n - 1n,
];

function compare(t: Test, seed: number): void {
  const next = random(seed);
  const pick = <Value>(list: readonly Value[]): Value => list[Math.floor(next() * list.length)] as Value;
  const all = Object.keys(SYSCALLS);
  const profile: SeccompProfile = {
    defaultAction: pick(['SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS'] as const),
    defaultErrnoRet: 13,
    syscalls: Array.from({ length: 1 + Math.floor(next() * 25) }, () => ({
      names: Array.from({ length: 1 + Math.floor(next() * 5) }, () => pick(all)),
      action: pick(['SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW'] as const),
      errnoRet: Math.floor(next() * 100),
      args: Array.from({ length: Math.floor(next() * 4) }, () => ({
        index: Math.floor(next() * 6),
        op: pick(OPERATORS),
        value: pick(VALUES),
        valueTwo: pick(VALUES),
      })),
    })),
  };
  for (const [machine, names] of [
    ['x64', ['x86_64', 'x86']],
    ['arm64', ['aarch64', 'arm']],
  ] as const) {
    const ask = asker(profile, 0n, machine);
    const place = { machine, kernel: KERNEL, capabilities: [] };
    for (const architecture of names) {
      const column = ARCHITECTURE_NAMES.indexOf(architecture);
      const numbers = Object.values(SYSCALLS).map((row) => row[column] as number);
      for (const number of numbers.filter((each) => each >= 0)) {
        const args = Array.from({ length: 6 }, () => pick(VALUES));
        const answer = ask(number, args, architecture);
        const right = answerOf(profile, place, { number, audit: AUDIT[architecture], args });
        if (answer !== right)
          t.fail(`${architecture} ${number}: ${answer.toString(16)}, not ${right.toString(16)} (seed ${seed})`);
      }
    }
  }
}

t.test('filters say what their profiles say', (t) => {
  for (let seed = 1; seed <= 30; seed++) compare(t, seed);
  t.pass('30 profiles');
  t.end();
});

t.test('conditions of profiles', (t) => {
  const rule = (more: object): SeccompProfile => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', ...more }],
  });
  t.equal(asker(rule({ includes: { minKernel: '4.8' } }))('read'), ALLOW);
  t.equal(asker(rule({ includes: { minKernel: '6.10' } }))('read'), EPERM);
  t.equal(asker(rule({ includes: { arches: ['arm64'] } }))('read'), EPERM);
  t.equal(asker(rule({ includes: { arches: ['amd64', 'x32'] } }))('read'), ALLOW);
  t.equal(asker(rule({ excludes: { arches: ['amd64'] } }))('read'), EPERM);
  t.equal(asker(rule({ excludes: { caps: ['CAP_SYS_ADMIN'] } }), capabilities('SYS_ADMIN'))('read'), EPERM);
  t.equal(asker({ ...rule({}), architectures: ['SCMP_ARCH_X86_64'] })('read', [], 'x86'), KILL_PROCESS);
  t.equal(asker({ defaultAction: 'SCMP_ACT_ALLOW' })(5000), ALLOW);
  t.throws(() => asker(DEFAULT_PROFILE, 0n, 'riscv64'), { code: 'ERR_UNSUPPORTED', message: /riscv64/ });
  const huge = Array.from({ length: 900 }, (_, value) => ({
    names: ['read'],
    action: 'SCMP_ACT_ALLOW' as const,
    args: [{ index: 0, value, op: 'SCMP_CMP_EQ' as const }],
  }));
  t.throws(() => asker({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: huge }), {
    code: 'ERR_INVALID_OPTION_VALUE',
    message: /instructions/,
  });
  t.doesNotThrow(() => asker({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: huge.slice(0, 250) })('read', [249]));
  t.equal(
    asker({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: huge.slice(0, 250) })('read', [249]),
    ALLOW,
    'jumps beyond 255',
  );
  t.equal(asker({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: huge.slice(0, 250) })('write', [249]), EPERM);
  t.end();
});

t.test('jumps of every length around the 255 that an instruction can skip', (t) => {
  for (let rules = 40; rules < 58; rules++)
    for (let masked = 0; masked < 5; masked++) {
      // Five instructions each, and one more when there is a mask.
      const syscalls = Array.from({ length: rules }, (_, value) => ({
        names: ['read'],
        action: 'SCMP_ACT_ALLOW' as const,
        args: [
          value < masked
            ? { index: 0, value: 0xffff, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' as const }
            : { index: 0, value, op: 'SCMP_CMP_EQ' as const },
        ],
      }));
      const ask = asker({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
      const answers = [ask('read', [rules - 1]), ask('read', [rules]), ask('write'), ask(5000)];
      if (String(answers) !== String([ALLOW, EPERM, EPERM, ENOSYS]))
        t.fail(`${rules} rules, ${masked} masks: ${answers}`);
    }
  t.pass('90 filters');
  t.end();
});

t.test('size and depth', (t) => {
  const { filter } = compileSeccomp(DEFAULT_PROFILE, { capabilities: 0n, machine: 'x64', kernel: KERNEL });
  t.ok(filter.byteLength / 8 < 600, `${filter.byteLength / 8} instructions`);
  t.end();
});
