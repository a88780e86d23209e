import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';
import { hubEnvironment, type HubAddresses } from './start-hub.ts';

/**
 * Runs commands as a README has them, word for word, against a hub on ports of its own: what they would find at the
 * default ports, their own settings files lead to that hub.
 */
export class ShellSession {
  readonly #env: NodeJS.ProcessEnv;
  readonly #background: ChildProcess[] = [];

  private constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** @param home an empty directory for the settings files */
  static async open(hub: HubAddresses, home: string): Promise<ShellSession> {
    const mqttPort = new URL(hub.mqtt).port;
    const httpPort = new URL(hub.http).port;
    const bin = join(home, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'npx'), QUICK_NPX, { mode: 0o755 });
    const files = {
      '.curlrc': `connect-to = "127.0.0.1:8080:127.0.0.1:${httpPort}"\n`,
      mosquitto_pub: `-p ${mqttPort}\n`,
      mosquitto_sub: `-p ${mqttPort}\n`,
      'sitecustomize.py': PAHO_PORT.replace('PORT', mqttPort),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
    // Debian's package is for Debian's Python, which need not be the first on the path.
    await symlink('/usr/bin/python3', join(home, 'python3'));
    const path = hasPaho('python3') ? process.env.PATH! : `${home}:${process.env.PATH}`;
    const env = { PATH: `${bin}:${path}`, CURL_HOME: home, XDG_CONFIG_HOME: home, PYTHONPATH: home, NO_COLOR: '1' };
    return new ShellSession(hubEnvironment({ env: { ...env, SEAWALL_URL: hub.http, SEAWALL_MQTT_URL: hub.mqtt } }));
  }

  /** Whether a script would succeed: for what may not be installed. */
  succeeds(script: string): boolean {
    return spawnSync('bash', ['-c', script], { env: this.#env, stdio: 'ignore' }).status === 0;
  }

  /** Runs a script to its end. @returns what it printed @throws Error with that, unless it exits with 0 */
  async run(script: string): Promise<string> {
    const { child, output } = this.#start(script);
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The commands ended with ${code}:\n${script}\n${output()}`);
    return output();
  }

  /** Leaves a script running until `close`. @returns what it has printed so far, whenever asked */
  start(script: string): () => string {
    return this.#start(script).output;
  }

  /** Ends everything that was left running. */
  close(): void {
    for (const { pid } of this.#background) {
      try {
        process.kill(-pid!, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
      }
    }
  }

  #start(script: string): { child: ChildProcess; output: () => string } {
    const child = spawn('bash', ['-e', '-c', script], {
      cwd: repositoryRoot,
      env: this.#env,
      detached: true, // a group of its own, so that what it starts ends with it
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#background.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more: string) => (text += more));
    }
    return { child, output: () => text };
  }
}

function hasPaho(python: string): boolean {
  return spawnSync(python, ['-c', 'import paho.mqtt.publish'], { stdio: 'ignore' }).status === 0;
}

/** First on the path; what npx finds in this folder, without the two seconds of processor that npm itself takes. */
const QUICK_NPX = '#!/bin/sh\nexec "node_modules/.bin/$@"\n';

const PAHO_PORT = `
try:
    from paho.mqtt import publish
    publish.single = __import__('functools').partial(publish.single, port=PORT)
except ImportError:
    pass
`;
