const [major, minor] = process.versions.node.split('.').map(Number);
const stripsTypes = major > 22 || (major === 22 && minor >= 18);

/**
 * What Node needs on its command line to run TypeScript: its own stripping of types where that is on by default (22.18),
 * without the warning, else tsx. The dependencies must be there.
 */
export const typescriptFlags = () =>
  stripsTypes ? ['--disable-warning=ExperimentalWarning'] : ['--import', import.meta.resolve('tsx')];
