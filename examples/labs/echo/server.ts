/**
 * The lab's server: answers each line with `Message received: TEXT`. Any client that can send a line will do, nc(1) too:
 * the last message needs no newline, and one that has stood without for a moment is taken as it is.
 */
import { createServer, type Server, type Socket } from 'node:net';

/** Most bytes of one message. */
const LONGEST = 64 * 1024;
/** After so long a message without a newline is taken as complete, milliseconds. */
const PATIENCE = 200;
/** So long a client may say nothing after an answer: some versions of nc never say that they are done. */
const SILENCE = 3000;
/** So long it may say nothing at all. */
const IDLE = 60_000;

function serve(socket: Socket): void {
  let pending = '';
  let timer: NodeJS.Timeout | undefined;
  const answer = (message: string): void => {
    socket.write(`Message received: ${message}\n`);
    socket.setTimeout(SILENCE);
  };
  const flush = (): void => {
    clearTimeout(timer);
    if (pending !== '') answer(pending.replace(/\r$/, ''));
    pending = '';
  };
  socket.setEncoding('utf8');
  socket.setTimeout(IDLE, () => socket.end());
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    clearTimeout(timer);
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) answer(line.replace(/\r$/, ''));
    if (pending.length > LONGEST) {
      socket.end(`A message has at most ${LONGEST} characters\n`);
      pending = '';
    } else if (pending !== '') timer = setTimeout(flush, PATIENCE);
  });
  socket.on('end', () => {
    flush();
    socket.end();
  });
  socket.on('close', () => clearTimeout(timer));
}

/** Serves each client by itself; not listening yet. */
export const echoServer = (): Server => createServer({ allowHalfOpen: true, noDelay: true }, serve);
