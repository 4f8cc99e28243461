/** From a file to a configuration. */
import { readFileSync } from 'node:fs';
import { closest } from '../../shared/command-line.ts';
import { type Config, emptyConfig } from './config.ts';
import { at, ConfigError, ValueError } from './errors.ts';
import { type Entry, entriesOf } from './include.ts';
import { KEYS, keyOf } from './keys.ts';
import { NET_KEYS } from './net.ts';
import { today } from './old.ts';

const NAMES = [...Object.keys(KEYS), ...Object.keys(NET_KEYS).map((each) => `lxc.net.0.${each}`)];

function unknown(name: string): string {
  const renamed = today(name);
  if (renamed) return `unknown key '${name}': since LXC 3 it is ${renamed} (lxc-update-config changes a file)`;
  const near = closest(name, NAMES);
  return `unknown key '${name}'${near ? `; did you mean ${near}?` : ''}`;
}

function apply(entry: Entry, config: Config, problems: string[]): void {
  const key = keyOf(entry.key);
  if (!key) {
    problems.push(at(entry, unknown(entry.key)));
    return;
  }
  try {
    key(config, entry.value, entry);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    problems.push(at(entry, `${entry.key} ${error.message}`));
  }
}

/** A configuration and all that is wrong with it: what only looks is content with the rest. */
export function parseConfig(text: string, file: string): { config: Config; problems: string[] } {
  const problems: string[] = [];
  const config = emptyConfig();
  for (const entry of entriesOf(text, file, problems)) apply(entry, config, problems);
  return { config, problems };
}

/**
 * @param defined `KEY=VALUE` on top of it, as `start --define` gives them.
 * @throws {ConfigError} with every problem, each with file and line
 */
export function readConfig(file: string, defined: readonly string[] = []): Config {
  const { config, problems } = parseConfig(readFileSync(file, 'utf8'), file);
  for (const entry of entriesOf(defined.join('\n'), '--define', problems)) apply(entry, config, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
