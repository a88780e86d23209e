import type { AddressInfo, Server } from 'node:net';

export type PortOption = 'mqttPort' | 'mqttWsPort';

/** A port could not be opened; `option` says which setting names it. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string | undefined;
  readonly option: PortOption;
  readonly port: number;

  constructor(option: PortOption, host: string, port: number, cause: NodeJS.ErrnoException) {
    const why = cause.code === 'EADDRINUSE' ? 'is taken by another program' : `can't be opened (${cause.message})`;
    super(`Port ${port} on ${host} ${why}; choose another ${option}.`, { cause });
    this.code = cause.code;
    this.option = option;
    this.port = port;
  }
}

/** @returns the port, which the system chose if 0 was asked for. @throws ListenError */
export function listen(server: Server, option: PortOption, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(new ListenError(option, host, port, error));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.removeListener('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
