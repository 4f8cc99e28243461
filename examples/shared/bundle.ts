/** A program of this tree as one JavaScript file, for a place that has Node and nothing else. */
import { execa } from 'execa';
import { TOP } from './package.ts';

/** By esbuild's program: its library would leave one running. @param entry @param file absolute paths */
export async function bundle(entry: string, file: string): Promise<void> {
  await execa(
    'esbuild',
    [
      entry,
      `--outfile=${file}`,
      '--bundle',
      '--platform=node',
      '--target=node20',
      // A top-level await would need an ES module, which Node reads more slowly.
      '--format=cjs',
      '--log-level=error',
    ],
    { preferLocal: true, localDir: TOP, stdin: 'ignore' },
  );
}
