/** What the examples' command lines are made of: the same tables as the package's own command has. */
export * from '../../lib/cli/index.ts';
