/** The machine's cgroup hierarchies, as far as this program may use them. */

/** One mounted hierarchy. */
export interface Hierarchy {
  version: 1 | 2;
  /** v1: the controllers mounted together. v2: what cgroup.controllers of its root says. */
  controllers: readonly string[];
  mountPoint: string;
  /** Directory of the cgroup that this program is in. */
  own: string;
  /** v1 mount options: 'cpu,cpuacct', 'none,name=systemd'. Empty for v2. */
  options: string;
}

export interface CgroupSystem {
  mode: 'v1' | 'hybrid' | 'v2' | 'none';
  v1: readonly Hierarchy[];
  unified: Hierarchy | undefined;
  /** The part of it that systemd gave to this program, for its containers; see lib/launch/scope.ts. */
  scope?: Hierarchy;
  /** Why there is none, where there might be. */
  noScope?: string;
}
