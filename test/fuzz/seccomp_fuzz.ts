/**
 * `seccomp` options made to break the compiler. What is accepted must be a filter that the kernel's checker takes, and must
 * answer every call as the profile reads; what is refused must be refused by an error of this library's.
 */
import assert from 'node:assert';
import { seccomp } from '../../lib/options/seccomp.ts';
import { CAPABILITIES } from '../../lib/program/constants.ts';
import { compileSeccomp } from '../../lib/security/seccomp/compile.ts';
import { DEFAULT_PROFILE } from '../../lib/security/seccomp/profile.ts';
import { ARCHITECTURE_NAMES, SYSCALLS } from '../../lib/security/seccomp/syscalls.ts';
import type { SeccompProfile } from '../../lib/security/seccomp/types.ts';
import { checkFilter, runFilter, type SeccompData } from '../unit/support/bpf.ts';
import { type Architecture, AUDIT, answerOf, type Place, RETURN } from '../unit/support/seccomp-model.ts';
import { fuzz, pick, type Random } from './engine.ts';
import { changed, parse } from './json.ts';
import { type Call, HARMLESS, KILLED, MOST_CALLS, startKernel } from './kernel.ts';

const NAMES = Object.keys(SYSCALLS);
const WORDS = {
  strings: [
    ...NAMES.filter((_, index) => index % 12 === 0),
    ...HARMLESS,
    ...Object.keys(RETURN),
    ...['EQ', 'NE', 'LT', 'LE', 'GE', 'GT', 'MASKED_EQ'].map((name) => `SCMP_CMP_${name}`),
    ...['X86_64', 'X86', 'X32', 'AARCH64', 'ARM'].map((name) => `SCMP_ARCH_${name}`),
    ...['amd64', 'x86', 'arm64', 'arm', 'x64', 'CAP_SYS_ADMIN', 'SYS_PTRACE', '4.8', '6.1', '10.0', 'default'],
    ...['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW', 'SECCOMP_FILTER_FLAG_TSYNC'],
  ],
  keys: [
    ...['defaultAction', 'defaultErrnoRet', 'architectures', 'archMap', 'flags', 'syscalls', 'names', 'name', 'action'],
    ...['errnoRet', 'args', 'index', 'op', 'value', 'valueTwo', 'includes', 'excludes', 'caps', 'arches', 'minKernel'],
    ...['allow', 'deny', 'notify', 'notifyTimeout', 'machine', 'kernel', 'capabilities', '__proto__'],
  ],
};

interface Input extends Partial<Place> {
  seccomp?: unknown;
}

/** JSON has no functions. */
function withHandlers(option: unknown): unknown {
  const { notify } = (option ?? {}) as { notify?: unknown };
  if (!Array.isArray(notify)) return option;
  return { ...(option as object), notify: Object.fromEntries(notify.map((name) => [name, () => 'continue'])) };
}

/** An input's profile, undefined when it is refused. */
function profileOf({ seccomp: option }: Input): SeccompProfile | undefined {
  const checked = accepted(() => seccomp(withHandlers(option), 'seccomp'));
  return checked === 'unconfined' ? undefined : checked;
}

function accepted<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    assert.match(String((error as { code?: string }).code), /^ERR_(INVALID_OPTION_(TYPE|VALUE)|UNKNOWN_OPTION)$/);
    return undefined;
  }
}

function placeOf({ machine, kernel, capabilities }: Input): Place {
  return {
    machine: machine === 'arm64' ? 'arm64' : 'x64',
    kernel: typeof kernel === 'string' && /^\d+\.\d+/.test(kernel) ? kernel : '6.1.0',
    capabilities: Array.isArray(capabilities) ? CAPABILITIES.filter((name) => capabilities.includes(name)) : [],
  };
}

const maskOf = ({ capabilities }: Place): bigint =>
  CAPABILITIES.reduce((mask, name, bit) => (capabilities.includes(name) ? mask | (1n << BigInt(bit)) : mask), 0n);

const BORDERS = [0n, 1n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 2n ** 63n, 2n ** 64n - 1n];

/** Values that a profile's comparisons are about, and their neighbours. */
const valuesOf = (profile: SeccompProfile): bigint[] =>
  (profile.syscalls ?? [])
    .flatMap(({ args = [] }) => args.flatMap(({ value, valueTwo = 0 }) => [BigInt(value), BigInt(valueTwo)]))
    .slice(0, 64)
    .flatMap((value) => [value, value + 1n, value - 1n, value | (1n << 32n), value << 32n])
    .map((value) => BigInt.asUintN(64, value))
    .concat(BORDERS);

/** Of no architecture: what is before, between and behind the numbers, x32's, arm's private ones. */
const ODD_NUMBERS = [0, 334, 400, 470, 471, 5000, 0xf0000, 0xf0002, 0xf0006, 0x40000000, 0x40000207, 0xffffffff];
const FOREIGN = 0xc00000f3;

/** Calls worth asking about. */
function* callsFor(profile: SeccompProfile, random: Random): Generator<SeccompData> {
  const values = valuesOf(profile);
  const args = () => Array.from({ length: 6 }, () => pick(random, values));
  const named = [...new Set((profile.syscalls ?? []).flatMap(({ names }) => names))];
  for (const [column, architecture] of ARCHITECTURE_NAMES.entries()) {
    const audit = AUDIT[architecture as Architecture];
    const numbers = Array.from({ length: 24 }, () => SYSCALLS[pick(random, [...named, ...HARMLESS])]?.[column] ?? -1)
      .concat(Array.from({ length: 8 }, () => SYSCALLS[pick(random, NAMES)]?.[column] ?? -1))
      .filter((number) => number >= 0);
    for (const number of [...numbers, ...ODD_NUMBERS]) yield { number, audit, args: args() };
  }
  yield { number: 0, audit: FOREIGN, args: args() };
}

const hex = (value: number) => `0x${value.toString(16)}`;

function compare(profile: SeccompProfile, place: Place, filter: Uint8Array, random: Random): void {
  for (const call of callsFor(profile, random)) {
    const [answer, right] = [runFilter(filter, call), answerOf(profile, place, call)];
    if (answer !== right)
      assert.fail(`call ${hex(call.number)} of ${hex(call.audit)} (${call.args}): ${hex(answer)}, not ${hex(right)}`);
  }
}

/** What a process sees of a filter's answer; undefined: the call's own result. */
function seen(answer: number): bigint | undefined {
  const [action, data] = [(answer & 0xffff0000) >>> 0, answer & 0xffff];
  if (action === RETURN.SCMP_ACT_ALLOW || action === RETURN.SCMP_ACT_LOG) return undefined;
  if (action === RETURN.SCMP_ACT_ERRNO) return BigInt(-data);
  // Nobody traces and nobody listens: ENOSYS.
  if (action === RETURN.SCMP_ACT_TRACE || action === RETURN.SCMP_ACT_NOTIFY) return -38n;
  return KILLED;
}

const kernel = startKernel();

async function askKernel(profile: SeccompProfile, place: Place, filter: Uint8Array, random: Random): Promise<void> {
  const values = valuesOf(profile);
  const own = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const column = ARCHITECTURE_NAMES.indexOf(own);
  const calls: Call[] = Array.from({ length: MOST_CALLS }, () => ({
    number: SYSCALLS[pick(random, HARMLESS)]?.[column] as number,
    args: Array.from({ length: 6 }, () => pick(random, values)),
  }));
  const { loaded, results } = await kernel.ask(filter, place.machine === process.arch ? calls : []);
  assert.equal(loaded, 0n, `the kernel refuses the filter: ${loaded}`);
  for (const [index, result] of results.entries()) {
    const call = calls[index] as Call;
    const right = seen(answerOf(profile, place, { ...call, audit: AUDIT[own] }));
    assert.ok(
      right === undefined ? result > 0n : result === right,
      `call ${call.number} (${call.args}): ${result}, not ${right}`,
    );
  }
}

/** The same calls for the same input, so that a finding stays one. */
function randomOf(text: string): Random {
  let state = text.length;
  for (let at = 0; at < text.length; at++) state = (Math.imul(state, 31) + text.charCodeAt(at)) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function compiledFrom(text: string): [SeccompProfile, Place, Uint8Array] | undefined {
  const input = (parse(text) ?? {}) as Input;
  const [profile, place] = [profileOf(input), placeOf(input)];
  const context = { ...place, capabilities: maskOf(place) };
  const compiled = profile && accepted(() => compileSeccomp(profile, context));
  return profile && compiled && [profile, place, compiled.filter];
}

assert.equal(seccomp('default', 'seccomp'), DEFAULT_PROFILE);

await fuzz({
  scripts: ['/lib/options/', '/lib/security/seccomp/'],
  run(text) {
    const [profile, place, filter] = compiledFrom(text) ?? [];
    if (!profile || !place || !filter) return;
    checkFilter(filter);
    compare(profile, place, filter, randomOf(text));
  },
  async kept(text) {
    const [profile, place, filter] = compiledFrom(text) ?? [];
    if (profile && place && filter) await askKernel(profile, place, filter, randomOf(text));
  },
  change: (text, other, random) => changed(text, other, WORDS, random),
});
