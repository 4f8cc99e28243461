/** The command line. */
import { command, flag, values } from '../../shared/command-line.ts';

export const SERVER = command({
  name: 'server',
  summary: 'answer every line with "Message received: TEXT"',
  description: ['Serve any number of clients at the same time, nc(1) among them. Ctrl-C ends it.'],
  options: {
    host: {
      value: 'ADDRESS',
      help: 'where to listen; 0.0.0.0 for all of the machine',
      default: 'localhost',
      parse: values.nonEmpty,
    },
    port: { value: 'PORT', help: 'where to listen; 0 for any that is free', default: '3333', parse: values.port },
  },
  examples: [['npm run lab:echo -- server --host 0.0.0.0', 'reachable from other machines']],
});

export const CLIENT = command({
  name: 'client',
  summary: 'send a line, print the answer',
  description: ['Send TEXT to the server and print what it answers.'],
  words: ['HOST', 'PORT', 'TEXT...'],
  options: {
    timeout: { value: 'SECONDS', help: 'for the connection, and for the answer', default: '3', parse: values.positive },
  },
  statuses: [['1', 'no answer; standard error says how far it came']],
  examples: [['npm run lab:echo -- client localhost 3333 hello', 'prints "Message received: hello"']],
});

export const MATRIX = command({
  name: 'matrix',
  summary: 'who reaches whom',
  description: [
    'Run the client in every place against a server in every place: this machine, a container on a bridge, a container on another network and the published port of a container; with the server bound to localhost and to 0.0.0.0, and with a rule of the firewall closed and open. Each no is looked into by ping, a TCP connection and a request, from where the client is. Needs root.',
  ],
  options: {
    guest: flag('a virtual machine on the bridge as one more place; needs QEMU and /dev/net/tun'),
    json: flag('JSON instead of tables'),
  },
  statuses: [['125', 'the matrix could not be set up']],
  examples: [
    ['npm run lab:echo -- matrix --json', 'for programs'],
    ['npm run lab:echo -- matrix --guest', 'with a QEMU guest; a minute or two where that is emulated'],
  ],
});

export const ECHO = command({
  name: 'lab:echo',
  summary: 'an echo server, and who can reach it from where',
  description: ['Without a command: a short talk of server and client, then the matrix; needs root.'],
  options: {},
  subcommands: [SERVER, CLIENT, MATRIX],
  examples: [
    ['npm run lab:echo -- server', 'prints "Listening on localhost:3333"'],
    ['npm run lab:echo -- client localhost 3333 hello', 'prints "Message received: hello"'],
  ],
});
