/** What each controller's file has: the table from options to files of v1 and v2. */
import type { ResourcesOption } from '../options/types.ts';

/** One write(2) into a file of the container's cgroup. */
export interface Write {
  file: string;
  value: string;
  /** What takes it back, from what the file said before. Default: that itself. */
  restore?: (before: string) => string;
  /** What takes it back where the file cannot be read. */
  inverse?: readonly Write[];
  /** Attached to the cgroup instead of written: a program of BPF_CGROUP_DEVICE, of which `value` says what it decides. */
  program?: Uint8Array;
}

/** What is asked of the cgroup above: which files its kernel has, and what they say. */
export interface Parent {
  read(file: string): string;
  has(file: string): boolean;
}

/** Limits that a container has already; undefined for a new one. */
export type Before = Readonly<ResourcesOption> | undefined;

/** How one option becomes writes. The prose column is what docs/resources.md prints. */
export interface Setting {
  option: keyof ResourcesOption;
  /** Files written, for the documentation; undefined: that version has nothing of the kind. */
  v1: string | undefined;
  v2: string | undefined;
  conversion: string;
  /** What to do on a version that has not. */
  instead: string;
  writes(version: 1 | 2, value: never, resources: ResourcesOption, parent: Parent, before: Before): Write[];
}

export interface Controller {
  /** As v1 and v2 name it. */
  name: string;
  /** v2's name, where it is another. */
  unifiedName?: string;
  /** Every v2 cgroup has it, and so there is nothing to hand down. */
  everywhere?: boolean;
  settings: readonly Setting[];
  /** Writes that a v1 cgroup needs before its settings, whatever they are. */
  prepare1?(resources: ResourcesOption, parent: Parent): Write[];
}

type Value<Option extends keyof ResourcesOption> = NonNullable<ResourcesOption[Option]>;
type Writes<Option extends keyof ResourcesOption> = (
  value: Value<Option>,
  resources: ResourcesOption,
  parent: Parent,
  before: Before,
) => Write[];

/** A setting, its value's type taken from the option. Without `writes1` or `writes2` that version lacks it. */
export function setting<Option extends keyof ResourcesOption>(row: {
  option: Option;
  v1?: string;
  v2?: string;
  conversion: string;
  instead?: string;
  writes1?: Writes<Option>;
  writes2?: Writes<Option>;
}): Setting {
  const { option, v1, v2, conversion, instead = 'leave it out', writes1, writes2 } = row;
  const writes = (
    version: 1 | 2,
    value: Value<Option>,
    resources: ResourcesOption,
    parent: Parent,
    before: Before,
  ): Write[] => (version === 1 ? writes1 : writes2)?.(value, resources, parent, before) ?? [];
  return { option, v1, v2, conversion, instead, writes } as Setting;
}

/** A file that takes the value as text, with the same meaning in both versions. */
export const plain = (file: string) => (value: number | string) => [{ file, value: String(value) }];

/** Does any option need this controller? */
export function isWanted(controller: Controller, resources: ResourcesOption): boolean {
  return controller.settings.some(({ option }) => resources[option] !== undefined);
}

/** The name that a hierarchy of this version has for a controller. */
export const nameIn = ({ name, unifiedName }: Controller, version: 1 | 2): string =>
  version === 2 ? (unifiedName ?? name) : name;

/**
 * All writes of a controller, in the order in which the kernel accepts them.
 * @param before limits of the same cgroup; a new one has none, and gets what it needs beside them
 */
export function controllerWrites(
  controller: Controller,
  version: 1 | 2,
  resources: ResourcesOption,
  parent: Parent,
  before?: Before,
): Write[] {
  const writes = version === 1 && !before ? (controller.prepare1?.(resources, parent) ?? []) : [];
  for (const { option, writes: make } of controller.settings) {
    const value = resources[option];
    if (value !== undefined) writes.push(...make(version, value as never, resources, parent, before));
  }
  return writes;
}
