/** Command lines from tables. */
export { closest } from '../options/closest.ts';
export * from './command.ts';
export { help, wrap } from './help.ts';
export {
  dispatch,
  type Invocation,
  main,
  run,
  STATUS,
  type Surroundings,
  statusOf,
  statusOfExit,
  type Work,
} from './main.ts';
export { parse } from './parse.ts';
export { type Style, style } from './style.ts';
export * as values from './values.ts';
