/** Places of the matrix: this machine, containers; in each an agent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Container } from 'cofferdam';
import { programCommand } from '../../shared/node-in-container.ts';
import type { Orders } from './agent.ts';
import type { Outcome } from './client.ts';
import type { Findings } from './diagnose.ts';
import { type Nft, nftCommand } from './firewall.ts';

const AGENT = 'examples/labs/echo/agent.ts';

interface Results {
  serve: number;
  ask: Outcome;
  look: Findings;
}

/** Gives orders to an agent, and hears its answers. */
export class Agent {
  readonly #input: Writable;
  readonly #waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  #last = 0;
  #ended: Error | undefined;

  constructor(input: Writable, output: Readable, name: string) {
    this.#input = input;
    input.on('error', () => {});
    const answers = createInterface({ input: output });
    answers.on('line', (line) => {
      const { id, result, error } = JSON.parse(line) as { id: number; result?: never; error?: string };
      const order = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) order?.reject(Object.assign(new Error(`${name}: ${error}`), { code: 'ERR_LAB' }));
      else order?.resolve(result as never);
    });
    answers.on('close', () => {
      this.#ended = Object.assign(new Error(`${name}: its agent ended`), { code: 'ERR_LAB' });
      for (const { reject } of this.#waiting.values()) reject(this.#ended);
      this.#waiting.clear();
    });
  }

  tell<Name extends keyof Orders>(name: Name, order: Orders[Name]): Promise<Results[Name]> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#input.write(`${JSON.stringify({ id, name, order })}\n`);
    });
  }

  /** End of its orders: it goes. */
  end(): void {
    this.#input.end();
  }
}

/** Where a client or a server of the matrix is. */
export interface Place {
  name: string;
  agent: Agent;
  /** nft(8) there, see firewall.ts. */
  nft(): Promise<Nft>;
}

export function hostPlace(name: string): Place & AsyncDisposable {
  const [node = '', ...words] = programCommand(AGENT);
  const child = spawn(node, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const agent = new Agent(child.stdin, child.stdout, name);
  return {
    name,
    agent,
    async nft() {
      const [program, ...options] = nftCommand();
      const nft = spawn(program, options, { stdio: ['pipe', 'pipe', 'inherit'] });
      const closed = once(nft, 'close');
      return { stdin: nft.stdin, stdout: nft.stdout, ended: () => closed };
    },
    async [Symbol.asyncDispose]() {
      agent.end();
      await ended;
    },
  };
}

/** A running container as a place; its agent ends with it. */
export async function containerPlace(name: string, container: Container): Promise<Place> {
  const { stdin, stdout } = await container.spawn(programCommand(AGENT), { stdio: ['pipe', 'pipe', 'inherit'] });
  return {
    name,
    agent: new Agent(stdin as Writable, stdout as Readable, name),
    async nft() {
      const { stdin, stdout, exited } = await container.spawn(nftCommand(), {
        stdio: ['pipe', 'pipe', 'inherit'],
        capabilities: { add: ['NET_ADMIN'] },
      });
      return { stdin: stdin as Writable, stdout: stdout as Readable, ended: () => exited };
    },
  };
}
