/**
 * Where the files of a detached container are. Below `run`, which a reboot empties, what is true of one that runs; below
 * `lib` what stays.
 *
 *   run/containers/NAME/    the lock is on it; launch.json, program, control
 *   run/status/NAME         written by the monitor; all of them in one directory, so that one watch sees them all
 *   lib/containers/NAME/    config.json, log, log.1 ..., upper, work
 */
import { libraryPath, stateDirectoryPaths } from './directory.ts';

export interface Places {
  /** The run directory. */
  directory: string;
  status: string;
  /** How it was launched. */
  launch: string;
  /** The launch program, for whoever has to undo it. */
  program: string;
  control: string;
  /** What stays. */
  home: string;
  config: string;
  upper: string;
  work: string;
}

export const containersDirectory = (): string => stateDirectoryPaths().containers;
export const statusDirectory = (): string => stateDirectoryPaths().status;
export const homesDirectory = (): string => `${libraryPath()}/containers`;

/** Nothing is made. `name` may be a mark of lib/program/names.ts. */
export function placesOf(name: string): Places {
  const directory = `${containersDirectory()}/${name}`;
  const home = `${homesDirectory()}/${name}`;
  return {
    directory,
    status: `${statusDirectory()}/${name}`,
    launch: `${directory}/launch.json`,
    program: `${directory}/program`,
    control: `${directory}/control`,
    home,
    config: `${home}/config.json`,
    upper: `${home}/upper`,
    work: `${home}/work`,
  };
}

/** The newest log; older ones are `.1`, `.2` ... An ephemeral container's goes with it. */
export const logPath = (name: string, ephemeral: boolean): string => {
  const { directory, home } = placesOf(name);
  return `${ephemeral ? directory : home}/log`;
};
