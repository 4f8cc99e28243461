/** What is asked: objects that were put there before, and new contents for them. */
import type { Random } from '../../benchmark/random.ts';

export interface Planned {
  method: 'GET' | 'PUT';
  path: string;
  body: Buffer | undefined;
}

export interface Mix {
  /** Share of PUT, 0 to 1; the others are GET. */
  writes: number;
  /** Different objects. */
  objects: number;
  /** Bytes of each. */
  size: number;
}

export const MIX: Mix = { writes: 0.2, objects: 64, size: 2048 };

export const OBJECT_PATH = '/objs/';

const path = (object: number): string => `${OBJECT_PATH}load-${object}`;

/** An object's content can be told from part of it, and from that of another. */
function content(object: number, size: number): Buffer {
  const line = `object ${object} of the load generator\n`;
  return Buffer.from(line.repeat(Math.ceil(size / line.length)).slice(0, size));
}

/** Objects that must be there before the load begins. */
export const seeds = ({ objects, size }: Mix): (Planned & { body: Buffer })[] =>
  Array.from({ length: objects }, (_, i) => ({ method: 'PUT', path: path(i), body: content(i, size) }));

/** Requests in the order in which they will be sent. */
export function requestPlan(count: number, mix: Mix, random: Random): Planned[] {
  const bodies = seeds(mix);
  return Array.from({ length: count }, () => {
    const object = random.below(mix.objects);
    const write = random.next() < mix.writes;
    return write ? (bodies[object] as Planned) : { method: 'GET', path: path(object), body: undefined };
  });
}
