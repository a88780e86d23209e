import { HubRefusedError, HubUnreachableError, UsageError } from '@seawall/devices-sim';
import { DataDirectoryInUseError } from '@seawall/registry';
import { SettingError } from './config/setting-error.ts';

const FLAG_OF_PORT: Readonly<Record<string, string>> = {
  mqttPort: '--mqtt-port',
  mqttWsPort: '--mqtt-ws-port',
  httpPort: '--http-port',
};

/** An error as a sentence for the person who met it, and the exit code: 2 where they can mend it, else 1. */
export function explain(error: unknown): { readonly sentence: string; readonly exitCode: number } {
  if (error instanceof SettingError || error instanceof UsageError || error instanceof DataDirectoryInUseError) {
    return { sentence: error.message, exitCode: 2 };
  }
  if (error instanceof HubRefusedError || error instanceof HubUnreachableError)
    return { sentence: error.message, exitCode: 1 };
  const fault = error as NodeJS.ErrnoException & { option?: string; port?: number; address?: string };
  const flag = FLAG_OF_PORT[fault.option ?? 'httpPort'];
  if (fault.code === 'EADDRINUSE') {
    return {
      sentence: `port ${fault.port ?? ''} is taken by another program. Stop that one, or choose another port with ${flag} (0 takes a free one).`,
      exitCode: 2,
    };
  }
  if (fault.code === 'EACCES' && fault.option !== undefined) {
    return {
      sentence: `this user may not listen on port ${fault.port ?? ''}. Choose one above 1023 with ${flag}.`,
      exitCode: 2,
    };
  }
  if (fault.code === 'EADDRNOTAVAIL') {
    return { sentence: `this machine has no address ${fault.address ?? ''}. Choose another with --bind.`, exitCode: 2 };
  }
  return { sentence: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}
