/**
 * What is written down of a detached container: its configuration, which stays, and how it was launched, which is gone
 * after a reboot. Each carries a version; every later release reads all earlier ones.
 */
import { readFileSync } from 'node:fs';
import { CofferdamError, createError } from '../errors.ts';
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

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const areObjects = (value: unknown): boolean => Array.isArray(value) && value.every(isObject);
const orNone =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || check(value);

/** What is relied upon without another look; options are checked as anybody's are. */
const CONFIG: Shape = {
  name: isText,
  createdAt: isNumber,
  options: isObject,
  source: orNone(isText),
  snapshots: orNone(areObjects),
};
const LAUNCH: Shape = {
  nonce: isText,
  given: orNone(areTexts),
  command: areTexts,
  options: isObject,
  start: isObject,
  group: orNone((value) => isObject(value) && isText((value as { path?: unknown }).path)),
  createdAt: isNumber,
  source: orNone(isText),
};

const DAMAGED = 'is damaged';

/** Nothing that a release wrote: it says nothing of its container, and nobody will miss it. */
export const isDamage = (error: unknown): boolean =>
  error instanceof CofferdamError && error.code === 'ERR_STATE' && error.details.problem === DAMAGED;

const damaged = (path: string, hint: string, cause?: unknown): Error =>
  createError('ERR_STATE', { path, problem: DAMAGED, hint }, { cause });

function parse<Record extends { version: number }>(path: string, text: string, hint: string): Record {
  let record: Record;
  try {
    record = JSON.parse(text) as Record;
  } catch (cause) {
    throw damaged(path, hint, cause);
  }
  if (!isObject(record) || !(record.version >= 1)) throw damaged(path, hint);
  if (record.version > RECORD_VERSION)
    throw createError('ERR_STATE', {
      path,
      problem: `was written by a later release (version ${record.version})`,
      hint: 'use that release',
    });
  return record;
}

function requireShape(path: string, record: object, shape: Shape, hint: string): void {
  for (const [name, check] of Object.entries(shape))
    if (!check((record as { [key: string]: unknown })[name])) throw damaged(path, hint);
}

/** @throws ERR_STATE for one that is damaged, or a later release's */
export function parseConfig(path: string, text: string): Config {
  const hint = 'put it right, or make the container anew with replace: true';
  const config = parse<Config>(path, text, hint);
  requireShape(path, config, CONFIG, hint);
  return config;
}

/** Undefined for one from before the machine was started. @throws as `parseConfig()` */
export function parseLaunch(path: string, text: string): LaunchRecord | undefined {
  const hint = 'cofferdam gc removes it once the container does not run';
  const record = parse<LaunchRecord>(path, text, hint);
  if (record.boot !== bootId()) return undefined;
  requireShape(path, record, LAUNCH, hint);
  return record;
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

/** What can be read of a record, for who looks through all of them: a damaged one, or a later release's, must not be in the way. */
export function ifReadable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_STATE') return undefined;
    throw error;
  }
}

export const writeConfig = (config: Config): void =>
  writeWhole(placesOf(config.name).config, JSON.stringify(config), { durable: true });

export const writeLaunch = (name: string, record: LaunchRecord): void =>
  writeWhole(placesOf(name).launch, JSON.stringify(record));
