/** What each controller's file has: the table from options to files of v1 and v2. */
import type { ResourcesOption } from '../options/types.ts';

/** One write(2) into a file of the container's cgroup. */
export interface Write {
  file: string;
  value: string;
}

/** What a cgroup of the parent says; cpuset on v1 starts empty and must be filled before anything can join. */
export type ReadParent = (file: string) => string;

/** How one option becomes writes. The prose column is what docs/resources.md prints. */
export interface Setting {
  option: keyof ResourcesOption;
  /** Files written, for the documentation. */
  v1: string;
  v2: string;
  conversion: string;
  writes1(value: never, resources: ResourcesOption): Write[];
  writes2(value: never, resources: ResourcesOption): Write[];
}

export interface Controller {
  name: string;
  settings: readonly Setting[];
  /** Writes that a v1 cgroup needs before its settings, whatever they are. */
  prepare1?(resources: ResourcesOption, parent: ReadParent): Write[];
}

/** A setting, its value's type taken from the option. */
export function setting<Option extends keyof ResourcesOption>(row: {
  option: Option;
  v1: string;
  v2: string;
  conversion: string;
  writes1(value: NonNullable<ResourcesOption[Option]>, resources: ResourcesOption): Write[];
  writes2(value: NonNullable<ResourcesOption[Option]>, resources: ResourcesOption): Write[];
}): Setting {
  return row as unknown as Setting;
}

/** Does any option need this controller? */
export function isWanted(controller: Controller, resources: ResourcesOption): boolean {
  return controller.settings.some(({ option }) => resources[option] !== undefined);
}

/** All writes of a controller, in the order in which the kernel accepts them. */
export function controllerWrites(
  controller: Controller,
  version: 1 | 2,
  resources: ResourcesOption,
  parent: ReadParent,
): Write[] {
  const writes = version === 1 ? (controller.prepare1?.(resources, parent) ?? []) : [];
  for (const row of controller.settings) {
    const value = resources[row.option];
    if (value === undefined) continue;
    writes.push(...(version === 1 ? row.writes1(value as never, resources) : row.writes2(value as never, resources)));
  }
  return writes;
}
