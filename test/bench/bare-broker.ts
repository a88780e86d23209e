import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '../support/repository.ts';

export interface BareBroker {
  readonly url: string;
  stop(): Promise<void>;
}

/** aedes alone in a process of its own. */
export async function startBareBroker(): Promise<BareBroker> {
  const child = fork(compiled('bench/bare-aedes.js'), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return {
    url: line.toString().trim(),
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
