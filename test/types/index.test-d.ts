/** The types as a user sees them: what is accepted, what is refused, what comes out. */
import type { Buffer } from 'node:buffer';
import {
  type Container,
  type ContainerOptions,
  createContainer,
  createSandbox,
  type ExitStatus,
  type PlanEntry,
  type Process,
  probe,
  type RunResult,
  type Sandbox,
} from 'cofferdam';
import { expectAssignable, expectError, expectNotAssignable, expectType } from 'tsd';

declare const box: Container;

expectType<Promise<Container>>(createContainer({ rootfs: '/srv/root' }));
expectType<Promise<Sandbox>>(createSandbox());
expectAssignable<AsyncDisposable>(box);
expectNotAssignable<PromiseLike<unknown>>(box);

expectError(createContainer());
expectError(createContainer({}));
expectError(createContainer({ rootfs: '/', hostnam: 'x' }));
expectError(createContainer({ rootfs: '/', resources: { memory: '10M' } }));
expectError(createContainer({ rootfs: '/', namespaces: { net: 'new' } }));
expectError(createContainer({ rootfs: '/', tty: true }));

expectAssignable<ContainerOptions>({ rootfs: 'host' });
expectAssignable<ContainerOptions>({
  rootfs: { lower: ['/a', '/b'], size: 2 ** 20 },
  namespaces: { network: box, pid: { pid: 1 } },
});
expectAssignable<ContainerOptions>({ rootfs: '/', capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } });

expectType<Promise<RunResult>>(box.run(['true']));
expectType<Promise<RunResult<Buffer>>>(box.run(['true'], { encoding: 'buffer' }));
expectType<Promise<RunResult>>(box.exec(['true'], { timeout: 1000, signal: AbortSignal.timeout(5) }));
expectType<string>((await box.run(['true'])).stdout);
expectAssignable<ExitStatus>(await box.run(['true']));
expectType<Promise<Process>>(box.start(['sh'], { tty: { rows: 24, columns: 80 } }));
expectError(box.run('true'));
expectError(box.run(['true'], { stdio: 'pipe' }));

expectType<PlanEntry[]>(box.plan(['true']));
expectType<boolean>(box.kill('SIGTERM'));
expectAssignable<{ features: { feature: string; available: boolean }[] }>(await probe());
