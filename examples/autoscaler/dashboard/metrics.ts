/** The controller's state for Prometheus. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Controller, Snapshot } from '../control/controller.ts';
import type { Journal } from '../control/journal.ts';

const PHASES = ['starting', 'warm', 'joining', 'serving', 'draining', 'leaving'] as const;

/** Read when somebody asks. */
export function controllerMetrics(controller: Controller, journal: Journal): Registry {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, value: (snapshot: Snapshot) => number): void => {
    new Gauge({
      name: `autoscaler_${name}`,
      help,
      registers,
      collect() {
        if (controller.snapshot) this.set(value(controller.snapshot));
      },
    });
  };
  gauge('desired_replicas', 'Replicas that the policy wants.', ({ desired }) => desired);
  gauge('queued_requests', 'Requests that wait at the balancer.', ({ queued }) => queued);
  gauge('current_requests', 'Requests that replicas have.', ({ current }) => current);
  gauge('serving_replica_seconds', 'Seconds of all replicas that served.', ({ servingSeconds }) => servingSeconds);
  gauge('warm_replica_seconds', 'Seconds of all replicas that waited in the pool.', ({ warmSeconds }) => warmSeconds);

  const counter = (name: string, help: string, value: (snapshot: Snapshot) => number): void => {
    new Counter({
      name: `autoscaler_${name}_total`,
      help,
      registers,
      collect() {
        if (!controller.snapshot) return;
        this.reset();
        this.inc(value(controller.snapshot));
      },
    });
  };
  counter('requests', 'Requests that came in.', ({ requests }) => requests);
  counter('errors', 'Answers with a status of 500 or more.', ({ errors }) => errors);

  new Gauge({
    name: 'autoscaler_replicas',
    help: 'Replicas by phase.',
    labelNames: ['phase'],
    registers,
    collect() {
      for (const phase of PHASES) this.set({ phase }, controller.members.inPhase(phase).length);
    },
  });
  const entries = new Counter({
    name: 'autoscaler_log_entries_total',
    help: 'Entries of the decision log by kind.',
    labelNames: ['kind'],
    registers,
  });
  journal.listen(({ kind }) => entries.inc({ kind }));
  const cpu = new Counter({
    name: 'autoscaler_controller_cpu_seconds_total',
    help: "The controller's CPU time.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  return registry;
}
