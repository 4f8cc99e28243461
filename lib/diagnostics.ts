/** diagnostics_channel(3node): one tracing channel a phase, declared once. */
import { channel, tracingChannel } from 'node:diagnostics_channel';

/** What a launch's channel carries. */
export interface LaunchContext {
  id: string;
  command: readonly string[];
}

const launchChannel = tracingChannel<'cofferdam:launch', LaunchContext>('cofferdam:launch');

/** Publishes the phases of a launch on `tracing:cofferdam:launch:*`; nothing when nobody listens. */
export function tracedLaunch(context: LaunchContext, launched: Promise<void>): Promise<void> {
  return launchChannel.hasSubscribers === false ? launched : launchChannel.tracePromise(() => launched, context);
}

const notifyChannel = channel('cofferdam:seccomp:notify');

/** Publishes `{ error, name }` on `cofferdam:seccomp:notify` when a handler of system calls threw or took too long. */
export function publishNotifyFailure(error: unknown, name: string): void {
  if (notifyChannel.hasSubscribers) notifyChannel.publish({ error, name });
}
