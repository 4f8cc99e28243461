/** Command lines from tables. */
export * from './command.ts';
export { help, wrap } from './help.ts';
export { dispatch, type Invocation, main, run, STATUS, statusOf, statusOfExit, type Surroundings, type Work } from './main.ts';
export { parse } from './parse.ts';
export { style, type Style } from './style.ts';
export * as values from './values.ts';
