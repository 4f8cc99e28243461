/**
 * What the kernel does with a device program of a cgroup, as far as its verifier and its interpreter look at what ours
 * have (the kernel's Documentation/bpf/standardization/instruction-set.rst): six registers, constants, forward jumps.
 */

export interface DeviceAccess {
  type: 'b' | 'c';
  major: number;
  minor: number;
  /** Letters of 'rwm'. */
  access: string;
}

const BITS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const OP = {
  load: 0x61,
  move: 0xb7,
  moveRegister: 0xbf,
  and: 0x57,
  right: 0x77,
  equal: 0x15,
  unequal: 0x55,
  exit: 0x95,
};

/** Every jump is forward and within the program, and it does not run off the end. */
export function checkProgram(program: Uint8Array): void {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const count = program.byteLength / 8;
  const reached = new Set([0]);
  for (let at = 0; at < count; at++) {
    if (!reached.has(at)) throw new Error(`instruction ${at} cannot be reached`);
    const code = view.getUint8(at * 8);
    if (code === OP.exit) continue;
    const targets = [at + 1];
    if (code === OP.equal || code === OP.unequal) targets.push(at + 1 + view.getInt16(at * 8 + 2, true));
    for (const target of targets) {
      if (target <= at || target >= count) throw new Error(`instruction ${at} leads to ${target}`);
      reached.add(target);
    }
  }
}

/** Whether the program allows an access. */
export function runDeviceProgram(program: Uint8Array, { type, major, minor, access }: DeviceAccess): boolean {
  const asked = [...access].reduce((sum, letter) => sum | (BITS[letter] as number), 0);
  const context = new DataView(new ArrayBuffer(12));
  context.setUint32(0, (asked << 16) | (type === 'b' ? 1 : 2), true);
  context.setUint32(4, major, true);
  context.setUint32(8, minor, true);
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const registers: (bigint | undefined)[] = [undefined, 0n];
  const read = (register: number): bigint => {
    const value = registers[register];
    if (value === undefined) throw new Error(`register ${register} was never written`);
    return value;
  };
  for (let at = 0; at * 8 < program.byteLength; at++) {
    const code = view.getUint8(at * 8);
    const to = view.getUint8(at * 8 + 1) & 15;
    const from = view.getUint8(at * 8 + 1) >> 4;
    const offset = view.getInt16(at * 8 + 2, true);
    const value = BigInt.asUintN(64, BigInt(view.getInt32(at * 8 + 4, true)));
    if (code === OP.load) registers[to] = BigInt(context.getUint32(offset, true));
    else if (code === OP.move) registers[to] = value;
    else if (code === OP.moveRegister) registers[to] = read(from);
    else if (code === OP.and) registers[to] = read(to) & value;
    else if (code === OP.right) registers[to] = read(to) >> value;
    else if (code === OP.equal) at += read(to) === value ? offset : 0;
    else if (code === OP.unequal) at += read(to) === value ? 0 : offset;
    else if (code === OP.exit) return read(0) !== 0n;
    else throw new Error(`instruction ${at} is 0x${code.toString(16)}`);
  }
  throw new Error('ran off the end');
}
