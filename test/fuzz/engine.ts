/**
 * A fuzzer for TypeScript that is called as libFuzzer's programs are: `-max_total_time=SECONDS -artifact_prefix=PATH CORPUS
 * SEEDS...`. It keeps what reaches code that nothing before it reached, by V8's own block coverage, and changes that further.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

export interface Target {
  /** Parts of the addresses of scripts whose coverage counts. */
  scripts: readonly string[];
  /** Whatever it throws is a finding. */
  run(input: string): Promise<void> | void;
  /** Asked for inputs that reach something new, when they have run. */
  kept?(input: string): Promise<void> | void;
  /** Another input from one, or from two. */
  change(input: string, other: string, random: Random): string;
}

/** 0 up to 1; numbers that repeat with `-seed`. */
export type Random = () => number;

export const pick = <Value>(random: Random, list: readonly Value[]): Value =>
  list[Math.floor(random() * list.length)] as Value;

/** xorshift32. */
function randomFrom(seed: number): Random {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

interface Coverage {
  result: { url: string; functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[] }[];
}

/** Blocks that ran since it was asked last, each with the magnitude of how often. */
class Blocks {
  readonly #session = new Session();
  readonly #scripts: readonly string[];
  readonly #seen = new Set<string>();

  constructor(scripts: readonly string[]) {
    this.#scripts = scripts;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  get count(): number {
    return this.#seen.size;
  }

  /** How many of them are new. The session is this thread's own, so that the answer is there when post() returns. */
  fresh(): number {
    const before = this.#seen.size;
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error) throw error;
      for (const { url, functions } of (answer as Coverage).result) {
        if (!this.#scripts.some((part) => url.includes(part))) continue;
        for (const { ranges } of functions)
          for (const { startOffset, endOffset, count } of ranges)
            if (count > 0) this.#seen.add(`${url}:${startOffset}:${endOffset}:${Math.clz32(count)}`);
      }
    });
    return this.#seen.size - before;
  }
}

function parse(args: readonly string[]) {
  const options = new Map(
    args.filter((word) => word.startsWith('-')).map((word) => word.split('=') as [string, string]),
  );
  return {
    seconds: Number(options.get('-max_total_time') ?? 10),
    prefix: options.get('-artifact_prefix') ?? '',
    seed: Number(options.get('-seed') ?? Date.now() & 0xffffff),
    directories: args.filter((word) => !word.startsWith('-')),
  };
}

const nameOf = (input: string): string => createHash('sha1').update(input).digest('hex');

/** Until the time is over, or something is found: then with status 77, libFuzzer's. */
export async function fuzz(target: Target): Promise<void> {
  const { seconds, prefix, seed, directories } = parse(process.argv.slice(2));
  const random = randomFrom(seed);
  const blocks = new Blocks(target.scripts);
  const corpus: string[] = [];
  let runs = 0;

  const attempt = async (input: string, isSeed: boolean) => {
    runs++;
    try {
      await target.run(input);
      if (blocks.fresh() === 0 && !isSeed) return;
      await target.kept?.(input);
    } catch (error) {
      const path = `${prefix}crash-${nameOf(input)}`;
      writeFileSync(path, input);
      console.error(error, `\nseed ${seed}; the input is in ${path}`);
      process.exit(77);
    }
    corpus.push(input);
    if (!isSeed && directories[0]) writeFileSync(join(directories[0], nameOf(input)), input);
  };

  const end = Date.now() + seconds * 1000;
  for (const directory of directories.filter(existsSync))
    for (const name of readdirSync(directory).sort()) await attempt(readFileSync(join(directory, name), 'utf8'), true);
  while (Date.now() < end) await attempt(target.change(pick(random, corpus), pick(random, corpus), random), false);
  console.error(`${blocks.count} blocks, ${corpus.length} inputs\nstat::number_of_executed_units: ${runs}`);
  process.exit(0);
}
