/** What a query is answered, as far as the network itself knows. Pure: bytes in, bytes or a decision out. */
import { isIPv4, isIPv6 } from 'node:net';
import * as packet from 'dns-packet';
import { type Directory, normalName, reversedAddress } from './names.ts';

/** Response codes of RFC 1035 that dns-packet has in the low bits of `flags`. */
const RCODE = { ok: 0, format: 1, failure: 2, nameError: 3, notImplemented: 4, refused: 5 } as const;
const MASK = 0xf;
/** Answers to a plain query over UDP, bytes. */
const PLAIN_SIZE = 512;
/** What we take and send at most over UDP: more would be fragments. */
const LARGEST_UDP = 1232;
/** Seconds that an answer may be kept: containers come and go. */
const TTL = 5;

export interface Query {
  packet: packet.DecodedPacket;
  question: packet.Question;
  /** As it is compared. Undefined: no name that anybody can have. */
  name: string | undefined;
  /** Bytes of an answer over UDP that the asker takes. */
  size: number;
}

/** A query with one question, as all have; undefined for what is none, and no answer is due to. */
export function readQuery(bytes: Uint8Array): Query | undefined {
  let decoded: packet.DecodedPacket;
  try {
    decoded = packet.decode(Buffer.from(bytes));
  } catch {
    return undefined;
  }
  const { type, questions = [], additionals = [] } = decoded;
  const [question] = questions;
  // Answers are not answered: two responders would go on for ever.
  if (type !== 'query' || questions.length !== 1 || !question) return undefined;
  const edns = additionals.find((each) => each.type === 'OPT') as packet.OptAnswer | undefined;
  const size = Math.min(LARGEST_UDP, Math.max(PLAIN_SIZE, edns?.udpPayloadSize ?? PLAIN_SIZE));
  return { packet: decoded, question, name: normalName(question.name), size };
}

interface Reply {
  rcode?: number;
  answers?: packet.Answer[];
  authoritative?: boolean;
  /** There is somebody else to ask. */
  recursion: boolean;
}

/** The answer's bytes. */
export function reply(
  { packet: query, question }: Query,
  { rcode = RCODE.ok, answers = [], authoritative = true, recursion }: Reply,
): Buffer {
  const flags =
    ((query.flags ?? 0) & packet.RECURSION_DESIRED) |
    (authoritative ? packet.AUTHORITATIVE_ANSWER : 0) |
    (recursion ? packet.RECURSION_AVAILABLE : 0) |
    (rcode & MASK);
  return packet.encode({ type: 'response', id: query.id ?? 0, flags, questions: [question], answers });
}

/** What becomes of a query. */
export type Decision = { answer: Buffer } | 'elsewhere';

/**
 * @param recursion whether others are asked what nobody here is called
 * @param within whether an address is one of the network's
 * @param others the network is on other hosts as well
 */
export function decide(
  query: Query,
  directory: Directory,
  recursion: boolean,
  within: (address: string) => boolean,
  others: boolean,
): Decision {
  const { question, name } = query;
  const tell = (rest: Omit<Reply, 'recursion'>): Decision => ({ answer: reply(query, { ...rest, recursion }) });
  const nobody = (): Decision => tell({ rcode: RCODE.nameError });
  if ((((query.packet.flags ?? 0) >> 11) & MASK) !== 0) return tell({ rcode: RCODE.notImplemented });
  if (name === undefined) return recursion ? 'elsewhere' : nobody();
  const reversed = reversedAddress(name);
  if (reversed !== undefined && within(reversed)) {
    const found = directory.name(reversed);
    if (found === undefined) return others ? 'elsewhere' : nobody();
    const answers =
      question.type === 'PTR' ? [{ type: 'PTR', name: question.name, ttl: TTL, data: found } as const] : [];
    return tell({ answers });
  }
  const addresses = directory.addresses(name);
  if (addresses) {
    // There is such a name: of another type there is nothing, which is no error.
    const wanted = { A: isIPv4, AAAA: isIPv6 }[question.type as 'A' | 'AAAA'];
    const type = question.type as 'A' | 'AAAA';
    const found = wanted ? addresses.filter((each) => wanted(each)) : [];
    return tell({ answers: found.map((data) => ({ type, name: question.name, ttl: TTL, data })) });
  }
  return 'elsewhere';
}

/** Nobody has such a name. */
export const nameError = (query: Query, recursion: boolean): Buffer =>
  reply(query, { rcode: RCODE.nameError, recursion });

/** Somebody might, but cannot be asked. */
export const failure = (query: Query, recursion: boolean): Buffer =>
  reply(query, { rcode: RCODE.failure, authoritative: false, recursion });

/** Not for this asker. */
export const refusal = (query: Query): Buffer =>
  reply(query, { rcode: RCODE.refused, authoritative: false, recursion: false });

/** An answer that fits into a datagram; else only its head, which says that TCP has the rest. */
export function cutTo(query: Query, answer: Buffer, size = query.size): Buffer {
  if (answer.length <= size) return answer;
  const { id = 0, flags = 0 } = packet.decode(answer);
  return packet.encode({ type: 'response', id, flags: flags | packet.TRUNCATED_RESPONSE, questions: [query.question] });
}

/** Whether `answer` is one to `query` as it was asked with this id: anything else is somebody's forgery. */
export function isAnswerTo(query: Query, id: number, answer: Buffer): boolean {
  try {
    const { type, id: given, questions = [] } = packet.decode(answer);
    const [question] = questions;
    return (
      type === 'response' &&
      given === id &&
      question?.type === query.question.type &&
      question.name.toLowerCase() === query.question.name.toLowerCase()
    );
  } catch {
    return false;
  }
}

/** Whether an answer says that there is no such name, or nothing of it. */
export function isEmpty(answer: Buffer): boolean {
  const { flags = 0, answers = [] } = packet.decode(answer);
  return (flags & MASK) !== RCODE.ok || answers.length === 0;
}
