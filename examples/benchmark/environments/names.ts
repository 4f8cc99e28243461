/** What starts containers, in the order of tables, and which program each needs. */
import type { ProgramName } from './programs.ts';

export const PEERS = ['bubblewrap', 'crun', 'runc', 'lxc', 'podman', 'docker'] as const;
/** This library with what it has on top of the others' isolation. */
export const GUARDED = ['cofferdam, filtered', 'cofferdam, own ids'] as const;
export type EnvironmentName = 'cofferdam' | (typeof GUARDED)[number] | (typeof PEERS)[number];

export const PROGRAM_OF: Readonly<Record<(typeof PEERS)[number], ProgramName>> = {
  bubblewrap: 'bwrap',
  crun: 'crun',
  runc: 'runc',
  lxc: 'lxc-start',
  podman: 'podman',
  docker: 'docker',
};

export const PEER_PROGRAMS = Object.values(PROGRAM_OF);
