/** Containers that run on this machine, whichever program started them: found by the names of their cgroups. */
import { closeSync, type Dirent, openSync, readdirSync } from 'node:fs';
import { native } from '../native.ts';
import { nameIn } from './controller.ts';
import { cgroupSystem } from './detect.ts';
import { listed, members } from './files.ts';
import { giveBack, take } from './kept-descriptors.ts';
import { CONTROLLERS, type Place } from './placement.ts';
import type { Stats } from './stats.ts';
import { StatsReader } from './stats-reader.ts';
import type { CgroupSystem, Hierarchy } from './system.ts';

/** As lib/launch/placement.ts names them: the id and a random part, on v1 after a prefix. */
const NAME = /^(?:cofferdam-)?([A-Za-z0-9_+-][A-Za-z0-9_+.-]*)-[0-9a-f]{12}$/;

/** Deeper than any delegation that makes sense. */
const DEEPEST = 12;

function directories(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((each) => each.isDirectory());
  } catch {
    // Gone while it was looked at.
    return [];
  }
}

/** All cgroups of a hierarchy that are named as a container's. What is inside of one is the container's own business. */
function* named(path: string, depth = 0): Generator<{ name: string; path: string }> {
  for (const { name } of directories(path)) {
    const below = `${path}/${name}`;
    if (NAME.test(name)) yield { name, path: below };
    else if (depth < DEEPEST) yield* named(below, depth + 1);
  }
}

const placeOf = (hierarchy: Hierarchy, path: string): Place => ({
  hierarchy,
  path,
  depth: 1,
  controllers: CONTROLLERS.filter((each) => hierarchy.controllers.includes(nameIn(each, hierarchy.version))),
});

/** Hierarchies that a container may have a cgroup in. The freezer of v1 is for those without limits. */
const searched = ({ v1, unified }: CgroupSystem): Hierarchy[] => [
  ...(unified ? [unified] : []),
  ...v1.filter(
    (each) => placeOf(each, '').controllers.length > 0 || (!unified && each.controllers.includes('freezer')),
  ),
];

/** A container that runs, of this program or another. */
export interface RunningContainer {
  readonly id: string;
  /** Its processes, by their pids in this program's pid namespace; none when it has just ended. */
  readonly pids: number[];
  /** What it uses; see `Container.stats()`. */
  stats(): Stats;
  /** Close the files that `stats()` keeps open. */
  close(): void;
}

class Found implements RunningContainer {
  readonly id: string;
  #places: readonly Place[];
  #reader: StatsReader | undefined;
  /** cgroup.events, as long as it may be kept open. */
  #events: number | undefined;

  constructor(name: string, places: readonly Place[]) {
    this.id = NAME.exec(name)?.[1] ?? name;
    this.#places = places;
  }

  get pids(): number[] {
    // One may be removed already while another is still there.
    for (const { path } of this.#places) {
      const pids = members(path);
      if (pids.length > 0) return pids;
    }
    return [];
  }

  /** A file of v2 that says whether there are processes in it or below; undefined without one. */
  get events(): number | undefined {
    const place = this.#places.find(({ hierarchy }) => hierarchy.version === 2);
    if (this.#events === undefined && place && take(1))
      try {
        this.#events = openSync(`${place.path}/cgroup.events`, 'r');
      } catch {
        // Gone.
        giveBack(1);
      }
    return this.#events;
  }

  /**
   * Most containers have their processes in their own cgroup, which is quicker to ask than those below it.
   * @param told what cgroup.events says; null: the cgroup is gone
   */
  runs(told: string | null | undefined): boolean {
    if (told !== undefined) return told?.includes('populated 1') ?? false;
    return this.#places.some(({ path }) => listed(path).length > 0) || this.pids.length > 0;
  }

  /** A limit that came later may have brought a cgroup of one more hierarchy. */
  found(places: readonly Place[]): void {
    if (places.length === this.#places.length) return;
    this.close();
    this.#places = places;
  }

  stats(): Stats {
    this.#reader ??= new StatsReader({ places: this.#places, group: undefined, later: [] }, this.pids[0]);
    return this.#reader.read();
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
    if (this.#events === undefined) return;
    closeSync(this.#events);
    giveBack(1);
    this.#events = undefined;
  }
}

/** A view of all containers that run, other programs' too. Needs the right to read their cgroups, as everybody has. */
export class RunningContainers {
  readonly #known = new Map<string, Found>();

  /** Those that run now, by id. The same object for the same container as long as it runs. */
  refresh(): RunningContainer[] {
    const found = new Map<string, Place[]>();
    for (const hierarchy of searched(cgroupSystem()))
      for (const { name, path } of named(hierarchy.mountPoint))
        found.set(name, [...(found.get(name) ?? []), placeOf(hierarchy, path)]);
    for (const [name, container] of this.#known)
      if (!found.has(name)) {
        container.close();
        this.#known.delete(name);
      }
    for (const [name, places] of found) {
      const known = this.#known.get(name);
      if (known) known.found(places);
      else this.#known.set(name, new Found(name, places));
    }
    return this.#running().sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  /** One call asks all those that have a file for it. */
  #running(): Found[] {
    const known = [...this.#known.values()];
    const asked = known.flatMap((each) => each.events ?? []);
    const told = new Map(
      native()
        .readDescriptors(asked)
        .map((text, index) => [asked[index], text]),
    );
    return known.filter((each) => each.runs(told.get(each.events)));
  }

  /** Close what is open. */
  close(): void {
    for (const container of this.#known.values()) container.close();
    this.#known.clear();
  }
}
