/**
 * Traffic shaping: a token bucket (tc-tbf(8)) limits what leaves an interface, netem (tc-netem(8)) delays and loses. What
 * arrives cannot be shaped, only what leaves: so a container's own end shapes what it sends, and the host's end of its
 * veth what it receives.
 */
import { NETEM, NLM, RTM, TBF, TCA } from './rtnetlink/constants.ts';
import { type Attribute, attributes, bytesOf, message } from './rtnetlink/message.ts';

/** Of one direction. */
export interface Shape {
  /** Bytes a second; undefined: unlimited. */
  rate: number | undefined;
  /** Milliseconds. */
  delay: number | undefined;
  /** Of 1: how many packets get lost. */
  loss: number | undefined;
}

/** A bucket is refilled at the kernel's ticks where there are no finer timers; 100 a second is the slowest of all. */
const TICKS = 100;
/** A frame of the usual 1500 bytes, with its Ethernet header and some room for tags. */
const FRAME = 1540;
/** Frames that always fit into a bucket: TCP sends two for one acknowledgement. */
const LEAST_FRAMES = 2;
/** How long a full queue may make a packet wait, seconds: longer only makes latency, shorter loses what TCP has in flight. */
const LATENCY = 0.05;
const LEAST_QUEUE = 10 * FRAME;
const ETHERNET = 1;
const MOST_32 = 0xffff_ffff;
/** Packets that wait out their delay. */
const NETEM_QUEUE = 10_000;

/** Bytes that may leave at once: what the rate allows between two ticks, and two frames at least. */
export const burstOf = (rate: number, mtu: number): number =>
  Math.min(MOST_32, Math.max(Math.ceil(rate / TICKS), LEAST_FRAMES * Math.max(FRAME, mtu + FRAME - 1500)));

/** struct tc_tbf_qopt, and what does not fit into it. */
function tokenBucket(rate: number, mtu: number): Uint8Array {
  const burst = burstOf(rate, mtu);
  const limit = Math.min(MOST_32, Math.max(Math.ceil(rate * LATENCY) + burst, LEAST_QUEUE));
  const parameters = Buffer.alloc(36);
  parameters.writeUInt8(ETHERNET, 1);
  parameters.writeUInt32LE(Math.min(rate, MOST_32), 8);
  parameters.writeUInt32LE(limit, 24);
  const list: Attribute[] = [
    [TBF.PARMS, parameters],
    [TBF.BURST, burst],
  ];
  if (rate > MOST_32) list.push([TBF.RATE64, bytesOf(rate, 8)]);
  return attributes(list);
}

/** The kernel's unit of time in traffic control, nanoseconds: PSCHED_SHIFT is 6. */
const TICK = 64;

/** struct tc_netem_qopt, and the delay in nanoseconds. */
function networkEmulator(delay: number, loss: number): Uint8Array {
  const nanoseconds = BigInt(Math.round(delay * 1e6));
  const parameters = Buffer.alloc(24);
  parameters.writeUInt32LE(Number(nanoseconds / BigInt(TICK)) >>> 0, 0);
  parameters.writeUInt32LE(NETEM_QUEUE, 4);
  parameters.writeUInt32LE(Math.round(loss * MOST_32), 8);
  return Buffer.concat([parameters, attributes([[NETEM.LATENCY64, bytesOf(nanoseconds, 8)]])]);
}

/** struct tcmsg; the index is filled in by whoever sends it. */
function header(handle: number, parent: number): Uint8Array {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(handle, 8);
  bytes.writeUInt32LE(parent, 12);
  return bytes;
}

export interface QueueMessage {
  kind: 'tbf' | 'netem';
  message: Uint8Array;
}

const EMULATOR = 0x0001_0000;

/** What gives an interface its queues, outermost first. Empty for a shape that changes nothing. */
export function queueMessages({ rate, delay, loss }: Shape, mtu: number): QueueMessage[] {
  const made: QueueMessage[] = [];
  const add = (kind: QueueMessage['kind'], handle: number, parent: number, options: Uint8Array) => {
    const list: Attribute[] = [
      [TCA.KIND, kind],
      [TCA.OPTIONS, options],
    ];
    made.push({ kind, message: message(RTM.NEWQDISC, NLM.CREATE | NLM.EXCL, header(handle, parent), list) });
  };
  const emulated = (delay ?? 0) > 0 || (loss ?? 0) > 0;
  if (emulated) add('netem', EMULATOR, TCA.root, networkEmulator(delay ?? 0, loss ?? 0));
  // Inside of the other one, as its only class.
  if (rate !== undefined) add('tbf', 0, emulated ? EMULATOR | 1 : TCA.root, tokenBucket(rate, mtu));
  return made;
}
