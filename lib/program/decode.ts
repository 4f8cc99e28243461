/** Bytes to operations: undo programs of other programs, shown to people. The writer is encode.ts. */
import {
  ACTORS,
  type Actor,
  type ArgumentKind,
  HEADER_SIZE,
  OPERATION_SIZE,
  OPERATIONS,
  type OperationName,
} from './contract.ts';
import { explain } from './explain.ts';
import { NO_SLOT, type Operation, operation } from './operation.ts';

const BY_CODE = new Map(Object.entries(OPERATIONS).map(([name, { code }]) => [code as number, name as OperationName]));

function argument(program: Buffer, at: number, kind: ArgumentKind): number | bigint | string | Uint8Array | string[] {
  const low = program.readUInt32LE(at);
  const high = program.readUInt32LE(at + 4);
  switch (kind) {
    case 'int':
      return program.readBigUInt64LE(at);
    case 'slot':
      return low === 0xffffffff ? NO_SLOT : low;
    case 'string':
      return program.toString('utf8', low, low + high);
    case 'bytes':
      return program.subarray(low, low + high);
    case 'strings':
      return Array.from({ length: high }, (_, index) => {
        const start = Number(program.readBigUInt64LE(low + index * 8));
        return program.toString('utf8', start, program.indexOf(0, start));
      });
  }
}

/**
 * The operations of an encoded program, as `plan()` prints them.
 * @param actors only theirs. Default all.
 */
export function decodeOperations(bytes: Uint8Array, actors?: readonly Actor[]): string[] {
  const program = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = program.readUInt32LE(12);
  const wanted = actors?.map((actor) => ACTORS[actor] as number);
  const starts = Array.from({ length: count }, (_, index) => HEADER_SIZE + index * OPERATION_SIZE);
  const chosen = starts.filter((start) => wanted?.includes(program[start + 2] as number) ?? true);
  return chosen.map((start) => {
    const name = BY_CODE.get(program.readUInt16LE(start));
    if (!name) return `operation ${program.readUInt16LE(start)} of another version`;
    const args = OPERATIONS[name].args.map(([key, kind], i) => [key, argument(program, start + 8 + i * 8, kind)]);
    return explain(operation(name, Object.fromEntries(args)) as Operation);
  });
}
