/** What the controller wants to know of HAProxy's statistics. */
import { parseCsv } from './csv.ts';

/** One server of the backend. */
export interface ServerStatistics {
  name: string;
  /** 'UP', 'DOWN', 'MAINT', 'DRAIN', 'UP 1/2' on its way down, 'no check'. */
  status: string;
  /** Requests that it has, and that wait for it. */
  current: number;
  queued: number;
  /** Answered so far. */
  total: number;
  /** IP:PORT. */
  address: string;
  /** Of the last health check: 'L7OK', 'L4TOUT'. */
  check: string;
}

export interface Statistics {
  /** Requests that came in so far, and those that were answered with an error by HAProxy or a server. */
  requests: number;
  errors: number;
  /** Requests that wait at the balancer for a server, those that servers have, and how many were answered. */
  queued: number;
  current: number;
  answered: number;
  servers: ServerStatistics[];
}

const number = (text: string | undefined): number => Number(text || 0);

/** @param backend The backend's name; the frontend has it, too. */
export function readStatistics(text: string, backend: string): Statistics {
  const rows = parseCsv(text).filter(({ pxname }) => pxname === backend);
  const row = (name: string): Record<string, string> => rows.find(({ svname }) => svname === name) ?? {};
  const front = row('FRONTEND');
  const back = row('BACKEND');
  const servers = rows
    .filter(({ svname }) => svname !== 'FRONTEND' && svname !== 'BACKEND')
    .map(({ svname = '', status = '', scur, qcur, stot, addr = '', check_status = '' }) => ({
      name: svname,
      status,
      current: number(scur),
      queued: number(qcur),
      total: number(stot),
      address: addr,
      check: check_status.replace(/^\* /, ''),
    }));
  return {
    requests: number(front.req_tot),
    errors: number(front.hrsp_5xx),
    // A backend's own are those that no server was chosen for.
    queued: servers.reduce((sum, { queued }) => sum + queued, number(back.qcur)),
    current: servers.reduce((sum, { current }) => sum + current, 0),
    answered: number(back.stot),
    servers,
  };
}
