/**
 * HAProxy's runtime API: lines over a unix socket, see its management guide, section 9.3. One session in its interactive
 * mode serves all commands, one after the other: an answer ends where the next prompt begins.
 */
import { connect, type Socket } from 'node:net';

const PROMPT = '\n> ';
/** An answer that takes longer is none, milliseconds: HAProxy answers between two of its own events. */
const PATIENCE = 2000;

/** HAProxy refused a command, or is not there. */
export class BalancerError extends Error {
  override readonly name = 'BalancerError';
  readonly code = 'ERR_BALANCER';
}

interface Waiting {
  command: string;
  resolve(answer: string): void;
  reject(error: Error): void;
}

export class RuntimeAPI {
  readonly #path: string;
  #socket: Socket | undefined;
  #text = '';
  /** In the order in which they were sent. */
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Send one command, which must have no line feed, and resolve with its answer.
   * @throws {BalancerError} when there is no HAProxy, or it went away
   */
  ask(command: string): Promise<string> {
    // Several commands may stand on a line, with semicolons between; a backslash takes a space's meaning away.
    if (/[\n;\\]/.test(command)) throw new BalancerError(`not one command: ${JSON.stringify(command)}`);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject });
      this.#open().write(`${command}\n`);
      this.#watch();
    });
  }

  /**
   * Send a command that answers nothing, or what it did, when it succeeds.
   * @param done What its answer is when it did.
   * @throws {BalancerError} with what HAProxy says
   */
  async tell(command: string, done: RegExp = /^$/): Promise<void> {
    const answer = (await this.ask(command)).trim();
    if (!done.test(answer)) throw new BalancerError(`${command}: ${answer || 'no answer'}`);
  }

  close(): void {
    this.#fail(new BalancerError('the session was closed'));
  }

  #open(): Socket {
    if (this.#socket) return this.#socket;
    const socket = connect(this.#path);
    this.#socket = socket;
    this.#text = '';
    const fail = (error?: Error): void => {
      if (this.#socket === socket)
        this.#fail(new BalancerError(`HAProxy at ${this.#path}: ${error?.message ?? 'went away'}`, { cause: error }));
    };
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.once('error', fail);
    socket.once('close', () => fail());
    // 'prompt' answers with a prompt at once: the first one is its own.
    this.#waiting.unshift({ command: 'prompt', resolve() {}, reject() {} });
    socket.write('prompt\n');
    return socket;
  }

  #read(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf(PROMPT); end >= 0; end = this.#text.indexOf(PROMPT)) {
      this.#waiting.shift()?.resolve(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + PROMPT.length);
    }
    this.#watch();
  }

  /** The oldest command must be answered in time. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    if (!first) return;
    this.#timer = setTimeout(() => {
      this.#fail(new BalancerError(`HAProxy at ${this.#path} does not answer '${first.command}'`));
    }, PATIENCE);
    this.#timer.unref();
  }

  /** The session is over: nobody who waits gets an answer, and the next command opens another one. */
  #fail(error: BalancerError): void {
    const waiting = this.#waiting.splice(0);
    clearTimeout(this.#timer);
    this.#socket?.destroy();
    this.#socket = undefined;
    for (const { reject } of waiting) reject(error);
  }
}
