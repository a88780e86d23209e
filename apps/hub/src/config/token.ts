import { SettingError } from './setting-error.ts';

const MIN_LENGTH = 8;

/**
 * The token every client is asked for; undefined with `--no-auth`. It comes by variable only: a flag would show it to
 * everyone who can list processes.
 * @throws SettingError if it is missing or too short to keep anyone out
 */
export function readToken(auth: boolean, environment: NodeJS.ProcessEnv): string | undefined {
  if (!auth) return undefined;
  const token = environment.SEAWALL_TOKEN ?? '';
  if (token === '') {
    throw new SettingError(
      'SEAWALL_TOKEN is not set. Set it to a secret that clients will be asked for, or try the hub on loopback with --no-auth.',
    );
  }
  if (token.length < MIN_LENGTH) throw new SettingError(`SEAWALL_TOKEN must have ${MIN_LENGTH} characters at least.`);
  return token;
}
