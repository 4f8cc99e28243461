/** The public face. */

export type { PressureOptions } from './cgroup/pressure.ts';
export { type RunningContainer, RunningContainers } from './cgroup/running.ts';
export type {
  CPUStats,
  InterfaceStats,
  IODeviceStats,
  IOStats,
  MemoryStats,
  PidsStats,
  Pressure,
  Stall,
  Stats,
} from './cgroup/stats.ts';
export type { StatsSource } from './cgroup/stats-source.ts';
export {
  Container,
  type ContainerEvent,
  type ContainerEvents,
  type ContainerState,
  createContainer,
} from './container.ts';
export {
  CofferdamError,
  CofferdamRangeError,
  CofferdamSystemError,
  CofferdamTypeError,
  type ErrorCode,
} from './errors.ts';
export type { Output, Terminal } from './io/streams.ts';
export type { ExitStatus, RunResult } from './launch/outcome.ts';
export type { Process, ProcessEvents } from './launch/process.ts';
export type { ProcessInfo } from './launch/ps.ts';
export type * from './options/types.ts';
export { type Probe, type ProbeRow, probe } from './probe.ts';
export type { PlanEntry } from './program/explain.ts';
export { formatTrace, type LaunchTrace, summarizeTrace, type TraceEntry } from './program/trace.ts';
export { createSandbox, Sandbox } from './sandbox.ts';
export type {
  SeccompAction,
  SeccompArgument,
  SeccompCondition,
  SeccompOperator,
  SeccompProfile,
  SeccompRule,
} from './security/seccomp/types.ts';
export { collectGarbage, type Garbage } from './state/garbage.ts';
