/** The balancer's servers: added, drained and removed while it works, without a reload. */
import { BACKEND, type Server, serverOptions } from './config.ts';
import { RuntimeAPI } from './runtime.ts';
import { readStatistics, type Statistics } from './statistics.ts';

export class Balancer {
  readonly #api: RuntimeAPI;
  readonly #concurrency: number;

  /** @param path Of the socket. @param concurrency Requests that a replica gets at a time. */
  constructor(path: string, concurrency: number) {
    this.#api = new RuntimeAPI(path);
    this.#concurrency = concurrency;
  }

  /** All of these throw BalancerError when HAProxy refuses, or is not there. */
  async statistics(): Promise<Statistics> {
    // Any proxy, frontends, backends and servers, all of them.
    return readStatistics(await this.#api.ask('show stat -1 7 -1'), BACKEND);
  }

  /**
   * A replica that answers gets requests from now on. HAProxy takes a new server for well until its first check, so it has to
   * be known to answer.
   */
  async add({ name, address }: Server): Promise<void> {
    const server = `${BACKEND}/${name}`;
    await this.#api.tell(
      `add server ${server} ${address} ${serverOptions(this.#concurrency)}`,
      /^New server registered/,
    );
    await this.#api.tell(`enable health ${server}`);
    await this.#api.tell(`enable server ${server}`);
  }

  /** No new request; those in hand are answered. */
  drain(name: string): Promise<void> {
    return this.#api.tell(`set server ${BACKEND}/${name} state drain`);
  }

  /** A server that was drained gets requests again. */
  undrain(name: string): Promise<void> {
    return this.#api.tell(`set server ${BACKEND}/${name} state ready`);
  }

  /** Out of service at once: what it has in hand is left to retries. */
  stop(name: string): Promise<void> {
    return this.#api.tell(`set server ${BACKEND}/${name} state maint`);
  }

  /** @throws {BalancerError} while it still has a connection */
  async remove(name: string): Promise<void> {
    await this.stop(name);
    await this.#api.tell(`del server ${BACKEND}/${name}`, /^Server deleted/);
  }

  close(): void {
    this.#api.close();
  }
}
