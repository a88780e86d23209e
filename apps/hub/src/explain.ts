import { HubRefusedError, HubUnreachableError, UsageError } from '@seawall/devices-sim/errors';
import { SettingError } from './config/setting-error.ts';
import { DataUnusableError } from './data-unusable-error.ts';

export interface Explanation {
  readonly sentence: string;
  /** 2: a mistake in the command or a setting; 1: anything else. */
  readonly exitCode: 1 | 2;
}

const FLAG_OF_PORT: Readonly<Record<string, string>> = {
  mqttPort: '--mqtt-port',
  mqttWsPort: '--mqtt-ws-port',
  httpPort: '--http-port',
};

/** An error as a sentence for the person who met it, and the exit code. */
export function explain(error: unknown): Explanation {
  if (error instanceof SettingError || error instanceof UsageError || isInUse(error))
    return { sentence: error.message, exitCode: 2 };
  if (error instanceof HubRefusedError || error instanceof HubUnreachableError || error instanceof DataUnusableError)
    return { sentence: error.message, exitCode: 1 };
  if (error instanceof Error && error.name === 'AbortError')
    return { sentence: 'stopped before it was done.', exitCode: 1 };
  const listening = explainListening(error);
  if (listening !== undefined) return { sentence: listening, exitCode: 2 };
  return { sentence: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}

/** By its name: the registry, with its engine, is not loaded for commands that have nothing to do with it. */
function isInUse(error: unknown): error is Error {
  return error instanceof Error && error.name === 'DataDirectoryInUseError';
}

interface ListenFault extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly hostname?: string;
  readonly port?: number;
}

/** A port that could not be opened: the gateway says which one, and the API's is the other one. */
function explainListening(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { option, port } = error as Error & { readonly option?: string; readonly port?: number };
  const fault = (error.name === 'ListenError' ? error.cause : error) as ListenFault;
  if (!['listen', 'bind', 'getaddrinfo'].includes(fault.syscall ?? '')) return undefined;
  const flag = FLAG_OF_PORT[option ?? 'httpPort'];
  const which = `port ${fault.port ?? port ?? ''}`.trim();
  const where = fault.address ?? fault.hostname ?? '';
  switch (fault.code) {
    case 'EADDRINUSE':
      return `${which} is taken by another program. Stop that one, or choose another port with ${flag} (0 takes a free one). "seawall doctor" says who has it.`;
    case 'EACCES':
      return `this user may not listen on ${which}. Choose one above 1023 with ${flag}.`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${where}. Choose one of its own with --bind; 127.0.0.1 is always there, 0.0.0.0 is all of them.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `--bind "${where}" is no address, and no host of this name is known. Choose an address of this machine, such as 127.0.0.1.`;
    default:
      return `${which} can't be opened: ${fault.message}. Choose another with ${flag}, or another address with --bind.`;
  }
}
