/** The shape of a load by its name. */
import { constant, ramp, type Shape, sine, spike, step } from './shapes.ts';

export interface ShapeOptions {
  duration: number;
  low: number;
  high: number;
}

/** A wave takes a third of the time. */
const WAVES = 3;

const SHAPES: Readonly<Record<string, (options: ShapeOptions) => Shape>> = {
  constant: ({ duration, high }) => constant(duration, high),
  step: ({ duration, low, high }) => step(duration, low, high),
  ramp: ({ duration, low, high }) => ramp(duration, low, high),
  spike: ({ duration, low, high }) => spike(duration, low, high),
  sine: ({ duration, low, high }) => sine(duration, low, high, duration / WAVES),
};

/** 'trace' comes from a file. */
export const SHAPE_NAMES: readonly string[] = [...Object.keys(SHAPES), 'trace'];

/** Undefined for a name that is none of them, or 'trace'. */
export const shapeOf = (name: string, options: ShapeOptions): Shape | undefined =>
  Object.hasOwn(SHAPES, name) ? SHAPES[name]?.(options) : undefined;
