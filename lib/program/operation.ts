/** One step of a launch program, as data: what the other rooms emit and encode.ts puts on the wire. */
import { type Actor, type OperationArguments, type OperationName, TOLERATE, type Tolerated } from './contract.ts';

type OperationOf<N extends OperationName> = {
  readonly name: N;
  readonly args: OperationArguments[N];
  /** Who does it: see contract.json's actors. */
  readonly actor: Actor;
  /** Bits of TOLERATE: errnos that don't fail the launch. */
  readonly tolerate: number;
};

/** An operation; narrowing on `name` gives its arguments' types. */
export type Operation<N extends OperationName = OperationName> = { [K in N]: OperationOf<K> }[N];

export interface OperationOptions {
  /** Default 'child'. */
  actor?: Actor | undefined;
  /** errnos that do not fail the launch. Default none. */
  tolerate?: Tolerated | readonly Tolerated[] | undefined;
}

/** As a slot argument: none. As `dir`: a trusted host path, relative to the working directory or absolute. */
export const NO_SLOT = -1;

const toleranceOf = (names: Tolerated | readonly Tolerated[] | undefined): number => {
  if (names === undefined) return 0;
  if (typeof names === 'string') return TOLERATE[names];
  let bits = 0;
  for (const name of names) bits |= TOLERATE[name];
  return bits;
};

/** Makes an operation. Omitted numbers are 0, slots none, strings empty. */
export function operation<N extends OperationName>(
  name: N,
  args: OperationArguments[N],
  options?: OperationOptions,
): Operation {
  const made: OperationOf<N> = {
    name,
    args,
    actor: options?.actor ?? 'child',
    tolerate: toleranceOf(options?.tolerate),
  };
  return made as Operation;
}
