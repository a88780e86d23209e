import { attention, ok, unknown, type Finding } from './finding.ts';

/** What happened when the port was tried. */
export type PortState =
  | { readonly kind: 'free' }
  | { readonly kind: 'taken'; readonly by: PortOwner | undefined }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface PortOwner {
  readonly pid: number;
  readonly program: string;
}

export interface PortFacts {
  readonly flag: string;
  readonly bind: string;
  readonly port: number;
  readonly state: PortState;
}

/** @param hub the process that holds the data directory; a port of its own is no fault */
export function checkPorts(
  ports: readonly PortFacts[],
  hub: { readonly pid: number | undefined } | undefined,
): Finding[] {
  return ports.map((facts) => checkPort(facts, hub));
}

function checkPort(
  { flag, bind, port, state }: PortFacts,
  hub: { readonly pid: number | undefined } | undefined,
): Finding {
  const where = `Port ${port} on ${bind} (${flag})`;
  if (port === 0) return ok('ports', `${flag} is 0: the system will choose a free port.`);
  switch (state.kind) {
    case 'free':
      return hub === undefined ? ok('ports', `${where} is free.`) : freeBesideHub(where, flag);
    case 'taken':
      return checkTaken(where, flag, port, state.by, hub);
    case 'refused':
      return checkRefused(where, flag, state);
  }
}

function freeBesideHub(where: string, flag: string): Finding {
  return unknown(
    'ports',
    `${where} is free, though a hub runs on this data directory: it listens elsewhere.`,
    `Give the ${flag} that the hub was started with to have it looked at.`,
  );
}

function checkTaken(
  where: string,
  flag: string,
  port: number,
  by: PortOwner | undefined,
  hub: { readonly pid: number | undefined } | undefined,
): Finding {
  if (by !== undefined && by.pid === hub?.pid) return ok('ports', `${where} is this hub's own (process ${by.pid}).`);
  if (by === undefined && hub !== undefined) {
    return unknown(
      'ports',
      `${where} is taken, by this hub or by another program: the system does not tell this user which.`,
      `See who it is: lsof -iTCP:${port} -sTCP:LISTEN`,
    );
  }
  const who = by === undefined ? 'another program' : `${by.program} (process ${by.pid})`;
  return attention(
    'ports',
    `${where} is taken by ${who}.`,
    by === undefined
      ? `See who it is (lsof -iTCP:${port} -sTCP:LISTEN) and stop it, or choose another port with ${flag}.`
      : `Stop it, or choose another port with ${flag}.`,
  );
}

function checkRefused(where: string, flag: string, { code, message }: { code: string; message: string }): Finding {
  switch (code) {
    case 'EACCES':
      return attention('ports', `${where} may not be opened by this user.`, `Choose a port above 1023 with ${flag}.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return attention('ports', `${where} can't be opened: no address of this machine.`, 'Choose another with --bind.');
    default:
      return attention('ports', `${where} can't be opened: ${message}.`, `Choose another with ${flag} or --bind.`);
  }
}
