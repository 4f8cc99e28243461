/** What nginx serves, and how it is told to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const FILES: readonly { name: string; bytes: number }[] = [
  { name: '0 B', bytes: 0 },
  { name: '1 KB', bytes: 2 ** 10 },
  { name: '10 KB', bytes: 10 * 2 ** 10 },
  { name: '100 KB', bytes: 100 * 2 ** 10 },
];

export const urlPath = (bytes: number): string => `/file-${bytes}`;

/** One worker, because a server is compared and not a number of CPUs; no log, because disks are another suite's. */
export const configuration = (listen: string): string => `worker_processes 1;
error_log stderr crit;
pid nginx.pid;
daemon off;
events { worker_connections 512; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  default_type application/octet-stream;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen ${listen};
    root www;
  }
}
user root;
`;

/** The words that start it in a directory that `makeSite()` made. */
export const serverWords = (nginx: string, directory: string): string[] => [
  nginx,
  '-p',
  directory,
  '-c',
  'nginx.conf',
  '-e',
  'stderr',
];

/** A directory of its own for each place, since nginx writes beside its configuration. */
export function makeSite(directory: string, listen: string): string {
  mkdirSync(join(directory, 'www'), { recursive: true });
  writeFileSync(join(directory, 'nginx.conf'), configuration(listen));
  for (const { bytes } of FILES) writeFileSync(join(directory, 'www', urlPath(bytes)), Buffer.alloc(bytes, 'x'));
  return directory;
}
