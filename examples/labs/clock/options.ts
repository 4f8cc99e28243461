/** The command line. */
import { command, flag, UsageError, values } from '../../shared/command-line.ts';
import { parseDuration } from './time.ts';

function duration(text: string): number {
  const microseconds = parseDuration(text);
  if (microseconds === undefined)
    throw new UsageError(`'${text}' is not a time; give a number with us, ms, s, m or h: 3.7s, -250ms`);
  return microseconds;
}

/** In milliseconds; nothing can arrive before it was sent. */
function delay(text: string): number {
  const microseconds = duration(text);
  if (microseconds < 0 || microseconds > 60e6) throw new UsageError(`'${text}' must be from 0 to 60s`);
  return microseconds / 1000;
}

const LISTENING = {
  host: { value: 'ADDRESS', help: 'where to listen', default: 'localhost', parse: values.nonEmpty },
  port: { value: 'PORT', help: 'where to listen; 0 for any that is free', default: '4444', parse: values.port },
} as const;

export const SERVER = command({
  name: 'server',
  summary: 'tell the time to whoever asks',
  description: [
    'Serve the remote procedure Listener.GetServerTimestamps: JSON-RPC 2.0 over TCP, a message a line. The answer says when the request came (T2) and when the answer leaves (T3), in microseconds since 1970.',
  ],
  options: {
    ...LISTENING,
    json: flag(
      "JSON instead of the first line: port, and how far the clock is ahead of the machine's monotonic one, in microseconds",
    ),
    skew: {
      value: 'TIME',
      help: 'how wrong the clock is: 3.7s; one that is behind as --skew=-250ms',
      default: '0s',
      parse: duration,
    },
  },
  examples: [['npm run lab:clock -- server --skew 3.7s', 'a server whose clock is 3.7 seconds ahead']],
});

export const CLIENT = command({
  name: 'client',
  summary: "estimate a server's clock",
  description: [
    "Ask the server at IP:PORT in the name of NETID, and estimate its clock by Cristian's algorithm: T1 to T4, the time on the way, the server's time and the offset with its error bound.",
  ],
  words: ['NETID', 'IP', 'PORT'],
  options: {
    tries: { value: 'N', help: 'exchanges, of which the quickest counts', default: '1', parse: values.count },
    json: flag('JSON instead of lines; times in microseconds'),
  },
  statuses: [['1', 'no estimate: the server cannot be reached, or answers with an error']],
  examples: [['npm run lab:clock -- client abc1 127.0.0.1 4444', 'one estimate']],
});

export const RELAY = command({
  name: 'relay',
  summary: 'a slow network in front of a server',
  description: ['Pass connections on to IP:PORT, everything a given time later: the same both ways, or not.'],
  words: ['IP', 'PORT'],
  options: {
    ...LISTENING,
    port: { ...LISTENING.port, default: '4445' },
    delay: { value: 'TIME', help: 'on the way to the server', default: '20ms', parse: delay },
    back: { value: 'TIME', help: 'on the way back (default: as --delay)', parse: delay },
  },
  examples: [['npm run lab:clock -- relay 127.0.0.1 4444 --delay 40ms --back 10ms', 'slower there than back']],
});

export const CLOCK = command({
  name: 'lab:clock',
  summary: "Cristian's algorithm between two containers",
  description: [
    'A server whose clock is wrong, and a client that finds out by how much. Without a command: both, in two containers with network namespaces of their own, through a network without delay, one with, and one that is slower on one way; needs root.',
  ],
  options: {},
  subcommands: [SERVER, CLIENT, RELAY],
  examples: [
    ['npm run lab:clock', 'the demonstration'],
    ['npm run lab:clock -- client abc1 127.0.0.1 4444', 'one estimate'],
  ],
});
