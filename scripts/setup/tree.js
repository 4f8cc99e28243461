import { fileURLToPath } from 'node:url';

/** The top of the source tree, without a slash at its end. */
export const tree = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** A path in the tree, from its parts. */
export const inTree = (...parts) => [tree, ...parts].join('/');
