/** What one autoscaler is: written to its state directory, so that every command and a restarted controller know it. */
import { join } from 'node:path';

export interface Settings {
  /** Tells this machine's autoscalers apart: containers, network and state directory have it in their names. */
  name: string;
  /** Ports of this machine. */
  ports: { entry: number; statistics: number; dashboard: number };
  /** Directory of the objects on this machine. */
  objects: string;
  policy: string;
  min: number;
  max: number;
  /** Replicas that are started and wait. */
  pool: number;
  /** Requests a second of one replica, tokens that it saves up, requests that it lets wait. */
  rate: number;
  burst: number;
  queue: number;
  /** Requests that it gets at a time. */
  concurrency: number;
  /** Write what was seen at each tick to a file. */
  record?: boolean;
}

export const PRESETS: Settings = {
  name: 'autoscaler',
  ports: { entry: 8080, statistics: 9999, dashboard: 8090 },
  objects: '/srv/objects',
  policy: 'target',
  min: 2,
  max: 8,
  pool: 2,
  rate: 40,
  burst: 4,
  queue: 64,
  concurrency: 8,
};

/** Milliseconds between two looks of the controller. */
export const TICK = 100;

const STATE = '/run/cofferdam-autoscaler';

/** Files of one autoscaler, below its state directory. */
export function paths(name: string) {
  const directory = join(STATE, name);
  return {
    all: STATE,
    directory,
    settings: join(directory, 'settings.json'),
    /** The controller's pid, and when that process began. */
    controller: join(directory, 'controller.json'),
    log: join(directory, 'controller.log'),
    /** Mounted into the balancer's container. */
    balancer: join(directory, 'balancer'),
    config: join(directory, 'balancer', 'haproxy.cfg'),
    socket: join(directory, 'balancer', 'admin.sock'),
    decisions: join(directory, 'decisions.jsonl'),
    samples: join(directory, 'samples.jsonl'),
  };
}

/** Names of containers and network: an interface's has at most 15 characters. */
export const names = (name: string) => ({
  network: `as-${name}`.slice(0, 15),
  store: `${name}-store`,
  balancer: `${name}-balancer`,
  replicaPrefix: `${name}-r`,
});
