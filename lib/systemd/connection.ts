/** A connection to a bus, or to systemd itself: who we are, calls and their replies, signals. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Call, decodeMessage, encodeCall, LARGEST, MESSAGE, type Message, messageLength } from './message.ts';

/** A call that was refused. */
export class Refused extends Error {
  /** As D-Bus names errors: 'org.freedesktop.systemd1.UnitExists'. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Refused';
    this.code = code;
  }
}

export class Connection {
  readonly #socket: Socket;
  #serial = 0;
  #received = Buffer.alloc(0);
  /** Whoever waits for a message looks at all that came and were not taken. */
  #messages: Message[] = [];
  #waiting: (() => void)[] = [];
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * @param signal ends every wait
   * @throws the socket's error; `signal.reason`
   */
  static async open(path: string, signal: AbortSignal): Promise<Connection> {
    const socket = connect(path);
    try {
      await once(socket, 'connect', { signal });
      await authenticate(socket, signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    const connection = new Connection(socket);
    connection.#listen(signal);
    return connection;
  }

  #listen(signal: AbortSignal): void {
    const fail = (error: Error) => {
      this.#failure ??= error;
      this.#wake();
    };
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail(new Error('the connection was closed')));
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    this.#socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      for (let length = messageLength(this.#received); length !== undefined; length = messageLength(this.#received)) {
        if (length > LARGEST) return fail(new Error('what came is no message of D-Bus'));
        if (this.#received.length < length) return;
        this.#messages.push(decodeMessage(this.#received.subarray(0, length)));
        this.#received = this.#received.subarray(length);
        this.#wake();
      }
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The first message that came, or comes, of which `isMeant` says so. @throws what ended the connection */
  async take(isMeant: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.#messages.findIndex(isMeant);
      const [found] = at < 0 ? [] : this.#messages.splice(at, 1);
      if (found) return found;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** @returns the reply's body @throws {Refused} */
  async call(call: Call): Promise<Message['body']> {
    const serial = ++this.#serial;
    this.#socket.write(encodeCall(call, serial));
    const { type, error = '', body } = await this.take(({ replyTo }) => replyTo === serial);
    if (type === MESSAGE.ERROR) throw new Refused(error, String(body[0] ?? error));
    return body;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The specification's "Authentication Protocol", by the credentials of the socket. Nothing else comes before BEGIN. */
async function authenticate(socket: Socket, signal: AbortSignal): Promise<void> {
  const user = Buffer.from(String(process.geteuid?.() ?? 0)).toString('hex');
  socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
  let answer = '';
  while (!answer.endsWith('\r\n')) answer += String((await once(socket, 'data', { signal }))[0]);
  if (!answer.startsWith('OK ')) throw new Error(`it does not take this user: ${answer.trim()}`);
  socket.write('BEGIN\r\n');
}
