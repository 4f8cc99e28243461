/** Why no guest can be booted on this machine: its tests are skipped with this as the reason. */
export class Unavailable extends Error {}
