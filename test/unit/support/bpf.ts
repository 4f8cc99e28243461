/** What the kernel does with a filter, see its Documentation/userspace-api/seccomp_filter.rst and net/core/filter.c. */

export interface SeccompData {
  number: number;
  audit: number;
  args: readonly bigint[];
}

const BPF = { load: 0x20, and: 0x54, jump: 0x05, equal: 0x15, greater: 0x25, greaterEqual: 0x35, return: 0x06 };

const BRANCHES: readonly number[] = [BPF.equal, BPF.greater, BPF.greaterEqual];
const BPF_MAXINSNS = 4096;

/**
 * What bpf_check_classic() and seccomp_check_filter() demand, and more: that every instruction can be reached.
 * @throws for a filter that the kernel would refuse
 */
export function checkFilter(filter: Uint8Array): void {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const count = filter.byteLength / 8;
  const fail = (at: number, why: string) => {
    throw new Error(`instruction ${at} of ${count} ${why}`);
  };
  if (count < 1 || count > BPF_MAXINSNS || !Number.isInteger(count)) fail(0, 'is one of too many, or of none');
  const reached = new Set([0]);
  for (let at = 0; at < count; at++) {
    const code = view.getUint16(at * 8, true);
    const k = view.getUint32(at * 8 + 4, true);
    if (!reached.has(at)) fail(at, 'is never reached');
    if (!(Object.values(BPF) as number[]).includes(code)) fail(at, `is 0x${code.toString(16)}`);
    if (code === BPF.load && (k > 60 || k % 4 !== 0)) fail(at, `loads from ${k}`);
    // Jumps only lead forward; who leads to the end or beyond it, never returns.
    const skips = BRANCHES.includes(code)
      ? [view.getUint8(at * 8 + 2), view.getUint8(at * 8 + 3)]
      : [code === BPF.jump ? k : 0];
    if (code === BPF.return) continue;
    for (const skip of skips) {
      if (at + 1 + skip >= count) fail(at, 'leads beyond the end');
      reached.add(at + 1 + skip);
    }
  }
}

/** The filter's answer. Also refuses what the kernel's checker would: jumps beyond the end, unknown instructions. */
export function runFilter(filter: Uint8Array, { number, audit, args }: SeccompData): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, audit, true);
  for (const [index, value] of args.entries()) data.setBigUint64(16 + index * 8, BigInt.asUintN(64, value), true);
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const count = filter.byteLength / 8;
  let accumulator = 0;
  let at = 0;
  while (at < count) {
    const code = view.getUint16(at * 8, true);
    const yes = view.getUint8(at * 8 + 2);
    const no = view.getUint8(at * 8 + 3);
    const k = view.getUint32(at * 8 + 4, true);
    at++;
    switch (code) {
      case BPF.load:
        if (k > 60 || k % 4 !== 0) throw new Error(`load at ${k}`);
        accumulator = data.getUint32(k, true);
        break;
      case BPF.and:
        accumulator = (accumulator & k) >>> 0;
        break;
      case BPF.jump:
        at += k;
        break;
      case BPF.equal:
        at += accumulator === k ? yes : no;
        break;
      case BPF.greater:
        at += accumulator > k ? yes : no;
        break;
      case BPF.greaterEqual:
        at += accumulator >= k ? yes : no;
        break;
      case BPF.return:
        return k;
      default:
        throw new Error(`instruction ${at - 1} is 0x${code.toString(16)}`);
    }
  }
  throw new Error('ran off the end');
}
