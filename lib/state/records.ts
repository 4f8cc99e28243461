/**
 * What is written down of a detached container: its configuration, which stays, and how it was launched, which is gone
 * after a reboot. Each carries a version; every later release reads all earlier ones.
 */
import { readFileSync } from 'node:fs';
import { createError } from '../errors.ts';
import type { ContainerOptions, StartOptions } from '../options/types.ts';
import { readIfThere, writeWhole } from './files.ts';
import { placesOf } from './places.ts';

export const RECORD_VERSION = 1;

/** Options as `createContainer()` takes them, but for what is of one program alone. */
export type StoredOptions = Omit<ContainerOptions, 'signal' | 'sandbox' | 'id' | 'name' | 'replace'>;
export type StoredStart = Omit<StartOptions, 'signal' | 'stdio'>;

export interface Config {
  version: number;
  name: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  options: StoredOptions;
  /** The container that it is a copy of. */
  source?: string;
  /** The source's files are its lower layer. */
  shares?: boolean;
  /** The oldest first. */
  snapshots?: readonly StoredSnapshot[];
  /** Of an ephemeral one: /proc/sys/kernel/random/boot_id. With another one it has ended, and nobody has removed its files. */
  boot?: string;
}

/** It was to vanish with its end, and the machine has ended first. */
export const hasOutlived = ({ boot }: Config): boolean => boot !== undefined && boot !== bootId();

export interface StoredSnapshot {
  name: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Directories, the uppermost first. */
  layers: readonly string[];
}

export interface LaunchRecord {
  version: number;
  /** /proc/sys/kernel/random/boot_id: with another one nothing of it is true any more. */
  boot: string;
  nonce: string;
  /** What its networks gave it, see lib/network/given.ts. */
  given?: readonly string[] | undefined;
  command: readonly string[];
  /** With the limits that it has now. */
  options: StoredOptions;
  start: StoredStart;
  /** By which it is frozen: found without compiling anything, for a list of hundreds. */
  group?: { path: string; version: 1 | 2 };
  createdAt: number;
  source?: string;
}

let boot: string | undefined;

export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return boot;
}

function parse<Record extends { version: number }>(path: string, text: string): Record {
  let record: Record;
  try {
    record = JSON.parse(text) as Record;
  } catch (cause) {
    throw createError('ERR_STATE', { path, problem: 'is damaged', hint: 'cofferdam gc removes it' }, { cause });
  }
  if (!(record.version >= 1 && record.version <= RECORD_VERSION))
    throw createError('ERR_STATE', {
      path,
      problem: `was written by a later release (version ${record.version})`,
      hint: 'use that release',
    });
  return record;
}

/** @throws ERR_STATE for one that is damaged, or a later release's */
export const parseConfig = (path: string, text: string): Config => parse<Config>(path, text);

/** Undefined for one from before the machine was started. @throws as `parseConfig()` */
export function parseLaunch(path: string, text: string): LaunchRecord | undefined {
  const record = parse<LaunchRecord>(path, text);
  return record.boot === bootId() ? record : undefined;
}

export function readConfig(name: string): Config | undefined {
  const { config } = placesOf(name);
  const text = readIfThere(config);
  return text === undefined ? undefined : parseConfig(config, text);
}

/** Undefined when it was not started since the machine was. */
export function readLaunch(name: string): LaunchRecord | undefined {
  const { launch } = placesOf(name);
  const text = readIfThere(launch);
  return text === undefined ? undefined : parseLaunch(launch, text);
}

export const writeConfig = (config: Config): void =>
  writeWhole(placesOf(config.name).config, JSON.stringify(config), { durable: true });

export const writeLaunch = (name: string, record: LaunchRecord): void =>
  writeWhole(placesOf(name).launch, JSON.stringify(record));
