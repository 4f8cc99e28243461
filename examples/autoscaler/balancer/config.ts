/** haproxy.cfg: the frontend, the statistics, and the servers that were there when it was written. */

export const BACKEND = 'app';
/** Sends the server's name with each answer, by which the load generator knows who served it. */
export const SERVED_BY = 'x-served-by';
/** In the balancer's container. */
export const PORTS = { entry: 8080, statistics: 9999 } as const;

/** A replica, as HAProxy gets to know it. */
export interface Server {
  name: string;
  /** IP:PORT. */
  address: string;
}

export interface BalancerOptions {
  /** Path of the socket of the runtime API, as HAProxy sees it. */
  socket: string;
  /** Where it listens. Default: all addresses, 8080 and 9999. */
  entry?: string;
  statistics?: string;
  /** Requests that a replica gets at a time; the others wait at the balancer. */
  concurrency: number;
}

/**
 * What every server has: HAProxy's runtime API wants all of it on the line that adds one. One failed connection is enough to
 * take a server out, without waiting for a check: a replica that was killed costs no request, only retries.
 */
export const serverOptions = (concurrency: number): string =>
  `check inter 500ms fastinter 200ms downinter 200ms rise 1 fall 2 maxconn ${concurrency} observe layer4 error-limit 1 on-error mark-down`;

export function balancerConfig(options: BalancerOptions, servers: readonly Server[] = []): string {
  const { socket, entry = `*:${PORTS.entry}`, statistics = `*:${PORTS.statistics}`, concurrency } = options;
  const lines = servers.map(({ name, address }) => `  server ${name} ${address} ${serverOptions(concurrency)}`);
  return `global
  stats socket ${socket} mode 600 level admin
  # A session of the runtime API that is asked ten times a second is not idle; one that is forgotten is.
  stats timeout 1m
  maxconn 4000
  nbthread 1

defaults
  mode http
  timeout client 30s
  timeout connect 500ms
  # A replica answers within its own queue's time, or hangs: then another one is asked.
  timeout server 2500ms
  timeout queue 5s
  timeout check 1s
  timeout http-keep-alive 30s
  # What a killed replica had in hand is sent to another one. A PUT of the same bytes is the same, sent once or twice.
  retries 4
  option redispatch 1
  retry-on conn-failure empty-response response-timeout
  # A request that is here as a whole can be sent twice.
  option http-buffer-request
  option http-keep-alive

frontend ${BACKEND}
  bind ${entry}
  default_backend ${BACKEND}

backend ${BACKEND}
  # Requests wait here, not in the replicas: a new replica takes from this queue at once.
  balance leastconn
  option httpchk GET /healthz
  http-response set-header ${SERVED_BY} %s
${lines.length > 0 ? `${lines.join('\n')}\n` : ''}
frontend statistics
  bind ${statistics}
  stats enable
  stats uri /stats
  stats refresh 2s
  stats show-node
  http-request redirect location /stats if { path / }
`;
}
