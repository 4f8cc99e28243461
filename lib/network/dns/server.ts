/** The responder: UDP and TCP at the bridge's address, for those in the network and nobody else. */
import { createSocket, type Socket as UDPSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { cutTo, decide, failure, isEmpty, nameError, type Query, readQuery, refusal } from './answer.ts';
import { forward, type Resolver } from './forward.ts';
import { frame, frames } from './frames.ts';
import { type Directory, reversedAddress } from './names.ts';

export interface ResponderOptions {
  /** Where to listen: the network's gateways. */
  addresses: readonly string[];
  /** 53, but in tests. */
  port: number;
  directory(): Directory;
  /** Whether an address is one of the network's. */
  within(address: string): boolean;
  /** The host's resolvers; none for an internal network. */
  resolvers(): readonly Resolver[];
  /** Responders of the same network on other hosts. */
  peers(): readonly Resolver[];
}

/** Questions under way at a time: a container that floods us makes others wait, but fills nothing. */
const MOST_FORWARDED = 256;
const MOST_CONNECTIONS = 128;
/** A connection without a question, milliseconds. */
const IDLE = 10_000;
/** Peers are close by, or not there. */
const PEER_PATIENCE = 500;

export class Responder implements AsyncDisposable {
  readonly #options: ResponderOptions;
  readonly #sockets: UDPSocket[] = [];
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  #forwarded = 0;

  private constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** Listens on all its addresses. @throws EADDRINUSE when somebody does already, another responder of the network too */
  static async start(options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(options);
    try {
      for (const address of options.addresses) await responder.#listen(address);
    } catch (error) {
      await responder[Symbol.asyncDispose]();
      throw error;
    }
    return responder;
  }

  /** The port that it has, of the first address. */
  get port(): number {
    return this.#sockets[0]?.address().port ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    for (const server of this.#servers) server.close();
    for (const connection of this.#connections) connection.destroy();
  }

  async #listen(address: string): Promise<void> {
    const server = createServer((socket) => this.#converse(socket));
    server.maxConnections = MOST_CONNECTIONS;
    server.listen({ host: address, port: this.#options.port, ipv6Only: true });
    await once(server, 'listening');
    this.#servers.push(server);
    const { port } = server.address() as { port: number };
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) });
    socket.on('message', (bytes, from) => {
      void this.#respond(bytes, from.address, 'udp').then((answer) => {
        if (answer) socket.send(answer, from.port, from.address, () => {});
      });
    });
    socket.bind(port, address);
    await once(socket, 'listening');
    socket.on('error', () => {});
    this.#sockets.push(socket);
  }

  #converse(socket: Socket): void {
    this.#connections.add(socket);
    socket.setTimeout(IDLE, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    const from = socket.remoteAddress ?? '';
    socket.on(
      'data',
      frames((bytes) => {
        void this.#respond(bytes, from, 'tcp').then((answer) => {
          if (answer && socket.writable) socket.write(frame(answer));
          else if (!answer) socket.destroy();
        });
      }),
    );
  }

  /** Nothing for what is no query. */
  async #respond(bytes: Buffer, from: string, how: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    const query = readQuery(bytes);
    if (!query) return undefined;
    const { within, directory, resolvers } = this.#options;
    // The host routes between its networks: one from elsewhere would read names that are not its own.
    if (!within(from)) return refusal(query);
    const outside = resolvers();
    const recursion = outside.length > 0;
    const decision = decide(query, directory(), recursion, within, this.#options.peers().length > 0);
    const answer = decision === 'elsewhere' ? await this.#askElsewhere(query, bytes, from, how) : decision.answer;
    return how === 'udp' ? cutTo(query, answer) : answer;
  }

  async #askElsewhere(query: Query, bytes: Buffer, from: string, how: 'udp' | 'tcp'): Promise<Buffer> {
    const resolvers = this.#options.resolvers();
    const recursion = resolvers.length > 0;
    const peers = this.#options.peers();
    if (this.#forwarded >= MOST_FORWARDED) return failure(query, recursion);
    this.#forwarded++;
    try {
      // A peer asks for what is here, and nothing else: else two would ask each other for ever.
      if (peers.some(({ address }) => address === from)) return nameError(query, false);
      const found = await this.#askPeers(peers, query, bytes, how);
      if (found) return found;
      // A name without a dot is nobody's outside, nor is an address of the network; asking would only tell it.
      const own = query.name === undefined ? undefined : reversedAddress(query.name);
      const isOurs =
        query.name !== undefined && (!query.name.includes('.') || (own !== undefined && this.#options.within(own)));
      const outside = isOurs ? [] : resolvers;
      if (outside.length === 0) return nameError(query, recursion);
      return (await forward(outside, query, bytes, how)) ?? failure(query, recursion);
    } finally {
      this.#forwarded--;
    }
  }

  /** All peers at the same time: each knows only its own. */
  async #askPeers(
    peers: readonly Resolver[],
    query: Query,
    bytes: Buffer,
    how: 'udp' | 'tcp',
  ): Promise<Buffer | undefined> {
    const answers = await Promise.all(peers.map((peer) => forward([peer], query, bytes, how, PEER_PATIENCE)));
    return answers.find((answer) => answer && !isEmpty(answer));
  }
}
