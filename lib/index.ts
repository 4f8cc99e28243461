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
export { type Autostarted, startAll } from './container/autostart.ts';
export { clone } from './container/clone.ts';
export type { Console } from './container/console.ts';
export { DetachedContainer } from './container/detached.ts';
export type { ContainerEvent, ContainerEvents, ContainerState } from './container/events.ts';
export { collectGarbage } from './container/garbage.ts';
export type { Garbage } from './container/garbage-found.ts';
export { type ListedContainer, listContainers } from './container/list.ts';
export type { Snapshot } from './container/snapshots.ts';
export type { WaitOptions } from './container/wait.ts';
export { type StateChange, watchContainers } from './container/watch.ts';
export { Container } from './container.ts';
export { createContainer } from './create.ts';
export {
  CofferdamError,
  CofferdamRangeError,
  CofferdamSystemError,
  CofferdamTypeError,
  type ErrorCode,
} from './errors.ts';
export type { LogEntry, LogOptions as LogsOptions } from './io/logs.ts';
export type { Output, Terminal } from './io/streams.ts';
export type { ExitStatus, RunResult } from './launch/outcome.ts';
export type { Process, ProcessEvents } from './launch/process.ts';
export type { ProcessInfo } from './launch/ps.ts';
export type { PublishedPort } from './network/attach.ts';
export {
  type Link,
  type LinkAddress,
  type ListOptions,
  listAddresses,
  listLinks,
  listRoutes,
  type Route,
} from './network/listing.ts';
export type { NetworkRecord, OverlayRecord } from './network/record.ts';
export type { AddressEntry, LinkEntry, RouteEntry } from './network/rtnetlink/entries.ts';
export {
  createNetwork,
  listNetworks,
  Network,
  type NetworkInfo,
  type NetworkPort,
  type NetworkUser,
  openNetwork,
} from './networks.ts';
export type * from './options/types.ts';
export { type Probe, type ProbeRow, probe } from './probe.ts';
export type { PlanEntry } from './program/explain.ts';
export { formatTrace, type LaunchTrace, summarizeTrace, type TraceEntry } from './program/trace.ts';
export { createSandbox, Sandbox } from './sandbox.ts';
export type {
  NotifyAnswer,
  NotifyHandlers,
  SeccompAction,
  SeccompArgument,
  SeccompCondition,
  SeccompOperator,
  SeccompProfile,
  SeccompRule,
  SystemCall,
} from './security/seccomp/types.ts';
